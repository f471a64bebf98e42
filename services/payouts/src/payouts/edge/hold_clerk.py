"""The hold clerk: sees to it that held payouts are not forgotten.

It keeps nothing in memory: a clerk that is killed anywhere is gone on with by the next, and several
take turns.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool, transact
from chassis.telemetry import metrics
from payouts.commands.settle_overdue_holds import Settled, settle_overdue_holds
from payouts.domain.payout import Payout
from payouts.store.holds import Held, count_held
from payouts.store.terms import find_terms_in_force

LOOK_EVERY_S: Final = 60.0
AT_ONCE: Final = 50

log = structlog.get_logger()


class HoldClerk:
    """One worker's clerk."""

    def __init__(self, pool: Pool, *, now: Clock = clock.now) -> None:
        """`now`: says what is overdue."""
        self._pool = pool
        self._now = now

    async def once(self) -> None:
        """Act on every held payout whose review is overdue."""
        after: Held | None = None
        while True:
            settled = await self._settle(after)
            for payout in settled.escalated:
                log.error("hold_overdue", **_about(payout))
            for payout in settled.returned:
                log.warning("hold_returned", **_about(payout))
            if (after := settled.last) is None:
                return

    async def _settle(self, after: Held | None) -> Settled:
        return await transact(
            self._pool,
            lambda conn: settle_overdue_holds(conn, at=self._now(), after=after, limit=AT_ONCE),
        )


def _about(payout: Payout) -> dict[str, str | None]:
    return {
        "payout_id": str(payout.payout_id),
        "held_since": payout.moved_at.isoformat(),
        "held_for": payout.reason,
    }


def holds_gauge(pool: Pool, *, now: Clock = clock.now) -> Callable[[], Awaitable[None]]:
    """What brings the metric up to date; called whenever it is read."""

    async def read() -> None:
        async with pool.acquire() as conn:
            at = now()
            terms = await find_terms_in_force(conn, at)
            since = None if terms is None else terms.overdue_if_held_since(at)
            overdue = 0 if since is None else await count_held(conn, since)
        metrics.PAYOUT_HOLDS_OVERDUE.set(overdue)

    return read
