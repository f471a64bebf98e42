"""Stripe Connect: a transfer to the creator's account, then a payout from it to their bank.

Of an order Stripe keeps two things, under one key: the transfer, by its `transfer_group`, and the
payout, by its metadata. The order is taken once the transfer is there; everything after that is the
rail's own doing, and goes on at each look until the money has arrived or is ours again. What is
found is told in one numbered list (docs/decisions/0035).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, override

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from chassis.money import UnknownCurrencyError
from chassis.stripe.amounts import UnchargeableError, from_stripe, payout_step_minor, to_stripe
from payouts.domain.method import BankDetails
from payouts.domain.reconciliation import Theirs
from payouts.domain.transfer import Change, TransferStatus
from payouts.rails.rail import (
    AccountCheck,
    OrderRefusedError,
    Rail,
    RailFundsMissingError,
    RailUnavailableError,
)
from payouts.rails.stripe_accounts import NAME, account_status
from payouts.rails.stripe_api import FUNDS_MISSING, Payout, StripeApi, Transfer
from payouts.store import rail_watches
from payouts.store.rail_watches import Watch

PAUSE_S: Final = 60.0
"""Before the second look at an order, and twice as long before each further one. A webhook makes it
due at once; this is for those that are lost."""
PAUSE_MAX_S: Final = 12 * 3600.0
FINAL_AFTER: Final = timedelta(days=90)
"""What was paid and is older is looked at no more, except where a webhook or the report says so."""

_ORDER: Final[Mapping[TransferStatus | None, int]] = {
    None: 0,
    "pending": 1,
    "paid": 2,
    "failed": 3,
    "returned": 3,
}
"""Nothing is told that comes before what was told: looks may overtake each other."""

log = structlog.get_logger()


class StripeConnect(Rail):
    """Pays to accounts that Stripe keeps."""

    name = NAME
    hosts_accounts = True

    def __init__(self, api: StripeApi, pool: Pool, *, now: Clock = clock.now) -> None:
        """Args:
        api: Of the platform; closed with this.
        pool: Where what is found is kept until it is read.
        now: The clock.
        """
        self._api = api
        self._pool = pool
        self._now = now

    @override
    async def check_account(self, details: BankDetails) -> AccountCheck:
        """Whether money that is sent there reaches a bank."""
        try:
            status = await account_status(self._api, details.account)
        except OrderRefusedError as error:
            return AccountCheck(is_known=False, reason=str(error))
        return AccountCheck(status.pays_out, status.disabled_reason)

    @override
    async def has(self, key: str) -> bool:
        """By the transfer: what comes after it is the rail's."""
        return bool(await self._transfers_of(key))

    @override
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        """Order the transfer. Asked first, since Stripe forgets idempotency keys after a day."""
        at = self._now()
        amount = _amount(amount_minor, details.currency)
        watch = await transact(
            self._pool,
            lambda conn: rail_watches.insert_watch(
                conn, NAME, key, at=at, look_at=at + timedelta(seconds=PAUSE_S)
            ),
        )
        ordered = (amount, details.currency.lower(), details.account)
        for known in await self._transfers_of(key):
            if (known.amount, known.currency, known.destination) != ordered:
                raise OrderRefusedError("order_contradicted")
            return
        try:
            await self._api.create_transfer(
                key,
                amount,
                details.currency,
                details.account,
                idempotency_key=f"{key}-transfer-{watch.refusals}",
            )
        except OrderRefusedError as error:
            await self._count_refusal(key, ends=str(error) != FUNDS_MISSING)
            if str(error) == FUNDS_MISSING:
                raise RailFundsMissingError from None
            raise
        await transact(self._pool, lambda conn: rail_watches.wake_watch(conn, NAME, key, at=at))

    @override
    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        """Look at what is due, and read what was found then and before."""
        for _ in range(limit):
            watch = await transact(
                self._pool,
                lambda conn: rail_watches.claim_watch(
                    conn,
                    NAME,
                    at=self._now(),
                    pause_s=PAUSE_S,
                    pause_max_s=PAUSE_MAX_S,
                    final_before=self._now() - FINAL_AFTER,
                ),
            )
            if watch is None:
                break
            try:
                await self._look(watch)
            except RailUnavailableError as error:
                # What was found before is told all the same; the rest stays due.
                log.warning("rail_unavailable", rail=NAME, key=watch.key, reason=str(error))
                break
        async with self._pool.acquire() as conn:
            return await rail_watches.select_told(conn, NAME, after, limit=limit)

    @override
    async def report(self) -> Sequence[Theirs]:
        """Every transfer, each with its payout, and every payout that belongs to none.

        What it shows of our orders is told as well: a report that knows more than what was told
        would be a difference of its own.
        """
        transfers = [each async for each in self._api.transfers()]
        payouts: dict[str, Mapping[str, Payout]] = {}
        lines: list[Theirs] = []
        for account_id in dict.fromkeys(each.destination for each in transfers):
            by_key: dict[str, list[Payout]] = defaultdict(list)
            async for payout in self._api.payouts(account_id):
                by_key[payout.metadata.key or payout.id].append(payout)
            ours = {each.transfer_group for each in transfers if each.destination == account_id}
            for key, found in by_key.items():
                # A second payout under a key, and one without a transfer, took what nobody ordered.
                if key in ours:
                    lines += [_line(each, key) for each in found[:-1]]
                else:
                    lines += [_line(each, each.id) for each in found]
            payouts[account_id] = {key: found[-1] for key, found in by_key.items()}
        async with self._pool.acquire() as conn:
            told = await rail_watches.select_told_last(conn, NAME)
        for transfer in transfers:
            key = transfer.transfer_group or transfer.id
            payout = payouts[transfer.destination].get(key)
            change = _change(key, transfer, payout, told.get(key))
            lines.append(Theirs(key, change.status, change.amount_minor, change.currency))
            if key in told:
                await self._tell(change)
        return lines

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._api.close()

    # ------------------------------------------------------------------ one order

    async def _look(self, watch: Watch) -> None:
        """Let an order go on, and tell what became of it."""
        transfers = await self._transfers_of(watch.key)
        if not transfers:
            return  # not ordered yet, or never: that is the payout run's to know
        if len(transfers) > 1:
            log.error("transfer_duplicated", rail=NAME, key=watch.key)
        transfer = transfers[-1]
        payout = await self._payout_of(watch.key, transfer)
        reason = None
        if payout is None and not transfer.amount_reversed:
            payout, reason = await self._send_on(watch, transfer)
        elif payout is not None and payout.status in ("failed", "canceled"):
            reason = payout.failure_code or payout.status
        if reason is not None and not transfer.is_taken_back:
            if not await self._take_back(watch, transfer):
                return
            transfer = (await self._transfers_of(watch.key))[-1]
        change = _change(watch.key, transfer, payout, None)
        await self._tell(change if reason is None else change._replace(reason=reason))

    async def _send_on(self, watch: Watch, transfer: Transfer) -> tuple[Payout | None, str | None]:
        """The payout from the creator's account; or why there will be none."""
        key = f"{watch.key}-payout-{watch.refusals}"
        try:
            return await self._api.create_payout(watch.key, transfer, idempotency_key=key), None
        except OrderRefusedError as error:
            await self._count_refusal(watch.key, ends=False)
            # What was transferred is on its way to the account's balance.
            waits = str(error) == FUNDS_MISSING
            return None, None if waits else str(error)

    async def _take_back(self, watch: Watch, transfer: Transfer) -> bool:
        """Before anybody is told that it failed: else the creator had diamonds and money."""
        key = f"{watch.key}-reversal-{watch.refusals}"
        try:
            await self._api.take_back(watch.key, transfer, idempotency_key=key)
        except OrderRefusedError as error:
            await self._count_refusal(watch.key, ends=False)
            log.error("transfer_not_taken_back", rail=NAME, key=watch.key, reason=str(error))
            return False
        return True

    async def _transfers_of(self, key: str) -> Sequence[Transfer]:
        return [each async for each in self._api.transfers(key)]

    async def _payout_of(self, key: str, transfer: Transfer) -> Payout | None:
        """The first that was made for an order."""
        since_s = transfer.created
        found = [
            each
            async for each in self._api.payouts(transfer.destination, since_s=since_s)
            if each.metadata.key == key
        ]
        return found[-1] if found else None

    async def _tell(self, change: Change) -> None:
        """Put on record what is new."""
        at = self._now()

        async def work(conn: Conn) -> None:
            await rail_watches.lock_told(conn, NAME)
            told = await rail_watches.find_told(conn, NAME, change.key)
            if _ORDER[change.status] <= _ORDER[told]:
                return
            # A bank that had said "paid" gives it back.
            is_back = change.status == "failed" and told == "paid"
            status: TransferStatus = "returned" if is_back else change.status
            await rail_watches.insert_told(
                conn,
                NAME,
                change._replace(status=status),
                is_final=status in ("failed", "returned"),
                at=at,
            )

        await transact(self._pool, work)

    async def _count_refusal(self, key: str, *, ends: bool) -> None:
        async def work(conn: Conn) -> None:
            await rail_watches.count_refusal(conn, NAME, key)
            if ends:
                await rail_watches.end_watch(conn, NAME, key)

        await transact(self._pool, work)


def _amount(amount_minor: int, currency: str) -> int:
    """In Stripe's minor units.

    Raises:
        OrderRefusedError: Stripe does not pay out so fine an amount.
    """
    try:
        amount = to_stripe(amount_minor, currency)
        step_minor = payout_step_minor(currency)
    except (UnchargeableError, UnknownCurrencyError):
        raise OrderRefusedError("amount_too_fine") from None
    if amount_minor % step_minor:
        raise OrderRefusedError("amount_too_fine")
    return amount


def _change(
    key: str, transfer: Transfer, payout: Payout | None, told: TransferStatus | None
) -> Change:
    """What has become of an order, as far as Stripe's books say."""
    status, reason = _status(transfer, payout)
    if status == "failed" and told in ("paid", "returned"):
        status = "returned"
    # Part of it was taken back by hand: another amount than was ordered.
    left = transfer.amount if transfer.is_taken_back else transfer.amount - transfer.amount_reversed
    return Change(
        0, key, status, _minor(left, transfer.currency), transfer.currency.upper(), reason
    )


def _status(transfer: Transfer, payout: Payout | None) -> tuple[TransferStatus, str | None]:
    back = transfer.is_taken_back
    if payout is None:
        return ("failed", "transfer_reversed") if back else ("pending", None)
    match payout.status:
        case "paid":
            return ("returned", "transfer_reversed") if back else ("paid", None)
        case "failed" | "canceled":
            # Not before the money is ours again.
            return ("failed", payout.failure_code or payout.status) if back else ("pending", None)
        case "pending" | "in_transit":
            return "pending", None


def _line(payout: Payout, key: str) -> Theirs:
    """Of a payout that belongs to no transfer."""
    status: TransferStatus = "pending"
    if payout.status == "paid":
        status = "paid"
    elif payout.status in ("failed", "canceled"):
        status = "failed"
    return Theirs(key, status, _minor(payout.amount, payout.currency), payout.currency.upper())


def _minor(amount: int, currency: str) -> int:
    """In our minor units; zero where it is none of ours, which is then a difference."""
    try:
        return from_stripe(amount, currency.upper())
    except ValueError:
        return 0
