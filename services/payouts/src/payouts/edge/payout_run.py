"""The payout run: confirms methods, sends what is due, and takes in what rails tell.

It keeps nothing in memory: each step begins with what the database says and ends with a commit, so
that a run that is killed anywhere is gone on with by the next. A rail is never asked within a
transaction. Nothing is paid twice, because a try is on record before it is made, because whoever
finds one asks the rail first, and because an order's key is the payout's (E58, E60).
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from chassis.telemetry import metrics
from payouts.commands.apply_rail_change import apply_rail_change
from payouts.commands.move_payout import move_payout
from payouts.commands.move_payout_method import disable_payout_method, verify_payout_method
from payouts.commands.reconcile_rail import reconcile_rail
from payouts.commands.submit_payouts import ACTOR, submit_payouts
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import Move, Payout, PayoutStatus
from payouts.domain.transfer import transfer_key
from payouts.rails import (
    OrderRefusedError,
    Rail,
    RailFundsMissingError,
    RailUnavailableError,
)
from payouts.sealing import Sealer, UnsealableError
from payouts.store import methods, payouts, sendings

AT_ONCE: Final = 50
PAUSE_S: Final = 2.0
"""After the first try, and twice as long after each further one; longer than a rail's time-out is
not needed, since whoever tries again asks first."""
PAUSE_MAX_S: Final = 600.0

log = structlog.get_logger()


class PayoutRun:
    """One worker's run over all rails."""

    def __init__(
        self, pool: Pool, rails: Mapping[str, Rail], sealer: Sealer, *, now: Clock = clock.now
    ) -> None:
        """`rails`: by name; methods and payouts of others wait."""
        self._pool = pool
        self._rails = rails
        self._sealer = sealer
        self._now = now

    async def once(self) -> None:
        """Do everything that can be done now."""
        await self._verify_methods()
        await transact(self._pool, lambda conn: submit_payouts(conn, at=self._now(), limit=AT_ONCE))
        for rail in self._rails.values():
            try:
                await self._send(rail)
                await self._take_in(rail)
            except RailUnavailableError as error:
                log.warning("rail_unavailable", rail=rail.name, reason=str(error))

    # ------------------------------------------------------------------ methods

    async def _verify_methods(self) -> None:
        # What waits for its owner to be verified takes days, and would stand before what does not.
        asked = [name for name, rail in self._rails.items() if not rail.hosts_accounts]
        async with self._pool.acquire() as conn:
            pending = await methods.select_pending(conn, asked, limit=AT_ONCE)
        for method in pending:
            rail = self._rails[method.rail]
            try:
                await self._verify_method(rail, method)
            except UnsealableError as error:
                # One that cannot be read must not stop the others, nor the worker.
                log.error("details_unreadable", reason=str(error))
            except RailUnavailableError as error:
                log.warning("rail_unavailable", rail=rail.name, reason=str(error))
                return

    async def _verify_method(self, rail: Rail, method: PayoutMethod) -> None:
        async with self._pool.acquire() as conn:
            sealed = await methods.find_sealed_details(conn, method.method_id)
        assert sealed is not None, "methods are never deleted"
        check = await rail.check_account(self._sealer.open(method.method_id, sealed))

        async def work(conn: Conn) -> None:
            at = self._now()
            if check.is_known:
                await verify_payout_method(conn, method, at=at, actor=ACTOR)
            else:
                reason = check.reason or "account_unknown"
                await disable_payout_method(conn, method, at=at, actor=ACTOR, reason=reason)

        await transact(self._pool, work)

    # ------------------------------------------------------------------ sending

    async def _send(self, rail: Rail) -> None:
        at = self._now()
        tries = await transact(
            self._pool,
            lambda conn: sendings.claim_sendings(
                conn, rail.name, at=at, pause_s=PAUSE_S, pause_max_s=PAUSE_MAX_S, limit=AT_ONCE
            ),
        )
        for payout_id, count in tries:
            waits_for = await self._order(rail, payout_id, count)
            await transact(
                self._pool,
                lambda conn, payout_id=payout_id, waits_for=waits_for: self._note(
                    conn, payout_id, waits_for
                ),
            )
            metrics.PAYOUT_ORDERS.labels(rail.name, waits_for or "settled").inc()

    async def _order(self, rail: Rail, payout_id: UUID, count: int) -> str | None:
        """Order one payout, unless the rail has it; why it is not there yet, None if it is."""
        async with self._pool.acquire() as conn:
            payout = await payouts.find_payout(conn, payout_id)
            assert payout is not None, "a sending refers to its payout"
            sealed = await methods.find_sealed_details(conn, payout.method_id)
        assert sealed is not None, "a payout refers to its method"
        key = transfer_key(payout_id)
        try:
            if count > 1 and await rail.has(key):
                return None
            await rail.pay(key, payout.net_minor, self._sealer.open(payout.method_id, sealed))
        except UnsealableError as error:
            log.error("details_unreadable", reason=str(error))
            return "details_unreadable"
        except RailFundsMissingError:
            return "rail_funds"
        except RailUnavailableError as error:
            log.warning("rail_unavailable", rail=rail.name, reason=str(error))
            return "rail_answer"
        except OrderRefusedError as error:
            return await self._refused(rail, payout, str(error))
        return None

    async def _refused(self, rail: Rail, payout: Payout, code: str) -> str | None:
        """An order that will never be taken ends here; one under another's key is for a person."""
        if await rail.has(transfer_key(payout.payout_id)):
            log.error("order_contradicted", rail=rail.name, payout_id=str(payout.payout_id))
            return "order_contradicted"
        move = Move(PayoutStatus.FAILED, self._now(), ACTOR, code)
        await transact(self._pool, lambda conn: move_payout(conn, payout, move))
        return None

    async def _note(self, conn: Conn, payout_id: UUID, waits_for: str | None) -> None:
        if waits_for is None:
            await sendings.update_accepted(conn, payout_id, at=self._now())
        else:
            await sendings.update_waiting(conn, payout_id, waits_for)

    # ------------------------------------------------------------------ what rails tell

    async def reconcile(self) -> None:
        """Compare our books with those of each rail, and put on record where they differ.

        What rails have told by then is taken in first, so that nothing is missed that is merely on
        its way.
        """
        for rail in self._rails.values():
            reported_at = self._now()
            try:
                report = await rail.report()
                while await self._take_in(rail) == AT_ONCE:
                    pass
            except RailUnavailableError as error:
                log.warning("rail_unavailable", rail=rail.name, reason=str(error))
                continue
            came = await transact(
                self._pool,
                lambda conn, rail=rail, report=report, reported_at=reported_at: reconcile_rail(
                    conn, rail.name, report, reported_at=reported_at, at=self._now()
                ),
            )
            tell = log.error if came.new else log.info
            tell("rail_reconciled", rail=rail.name, **came._asdict())

    async def _take_in(self, rail: Rail) -> int:
        async with self._pool.acquire() as conn:
            after = await sendings.find_cursor(conn, rail.name)
        changes = await rail.changes(after, limit=AT_ONCE)
        for change in changes:
            effect = await transact(
                self._pool,
                lambda conn, change=change: apply_rail_change(
                    conn, rail.name, change, at=self._now()
                ),
            )
            if effect is not None:
                metrics.RAIL_CHANGES.labels(rail.name, change.status, effect).inc()
            if effect in ("unknown", "mismatched"):
                log.error("rail_contradicts", rail=rail.name, key=change.key, effect=effect)
        return len(changes)
