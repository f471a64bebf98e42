"""`ChargeRequested`: takes coins from payers and answers each request with exactly one event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast, override

from chassis import clock
from chassis.batch import Batch, Handler, Received
from chassis.clock import Clock
from chassis.db import Conn
from chassis.telemetry import metrics
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import (
    BalanceChanged,
    ChargePosted,
    ChargeRefused,
    LimitName,
    LotSlice,
    ReachedLimit,
)
from wallet.commands.apply_charges import apply_charges, load_heads
from wallet.consumers.cap_policies import CapPolicyCache
from wallet.consumers.recent import Recent
from wallet.domain.charging import Answer, Decided, Mover
from wallet.domain.ledger import Head, Movement
from wallet.domain.lots import Lot
from wallet.domain.spending import BACKWARDS, LimitReached, Reached, Spending

HEADS_MAX: Final = 20_000
"""About 1 KB each. A payer who is not among them costs three times as much."""


class OnChargeRequested(Handler):
    """Applies batches of charges; keeps the accounts of its partitions' payers in memory."""

    def __init__(self, *, now: Clock = clock.now, heads_max: int = HEADS_MAX) -> None:
        self._now = now
        self._heads = Recent[Head](heads_max)
        self._spending = Recent[Spending](heads_max)
        self._policies = CapPolicyCache()
        self._latest: datetime | None = None
        # By shard, which no two batches at work share.
        self._pending: dict[int, Decided] = {}

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Charge the batch's payers in order, and emit the answers and new balances."""
        # The subscription names no other type.
        charges = cast("list[ChargeRequested]", [received.event for received in batch.received])
        at = self._now()
        self._notice_time(at)
        payers = {charge.payer_id for charge in charges}
        heads = self._heads.find(payers)
        if len(heads) < len(payers):
            heads |= await load_heads(conn, payers - heads.keys())
        spending = self._spending.find(payers)
        policy = await self._policies.in_force(conn, at)
        decided = await apply_charges(
            conn, charges, heads, spending, policy, at=at, shard=batch.shard
        )
        self._pending[batch.shard] = decided
        causes: dict[str, Received] = {}
        for received, charge, answer in zip(batch.received, charges, decided.answers, strict=True):
            batch.emit(_answer(charge, answer), received)
            causes[charge.payer_id] = received
        for payer_id, cause in decided.moved.items():
            batch.emit(_balance(decided.heads[payer_id], cause, at), causes[payer_id])

    @override
    def committed(self, batch: Batch) -> None:
        """Keep the payers' heads and spending as they are now, and count what was refused."""
        decided = self._pending.pop(batch.shard, None)
        if decided is None:
            return
        self._heads.adopt(decided.heads)
        if decided.spending:
            for payer_id, spending in decided.spending.items():
                spending.settle(decided.heads[payer_id].version)
            self._spending.adopt(decided.spending)
        for answer in decided.answers:
            if not answer.lots:
                metrics.record_refusal("charge", answer.movement.outcome)

    @override
    def rolled_back(self) -> None:
        """Forget everything: whether the last batch was committed may be unknown."""
        self._forget()

    @override
    def revoked(self) -> None:
        """Forget everything: the payers are another's now."""
        self._forget()

    def _notice_time(self, at: datetime) -> None:
        """Forget everything if the clock has stepped back by more than what is kept allows for."""
        if self._latest is not None and at < self._latest:
            if at < self._latest - BACKWARDS:
                self._forget()
                self._latest = at
            return
        self._latest = at

    def _forget(self) -> None:
        self._pending.clear()
        self._heads.clear()
        self._spending.clear()


def _answer(charge: ChargeRequested, answer: Answer) -> ChargePosted | ChargeRefused:
    movement, lots = answer.movement, answer.lots
    if lots:
        return ChargePosted(
            charge.charge_id,
            charge.payer_id,
            charge.order_key,
            charge.coins,
            _slices(movement, lots),
            movement.posted_at,
        )
    outcome = movement.outcome
    assert outcome != "posted", "coins that were taken came from lots"
    return ChargeRefused(
        charge_id=charge.charge_id,
        payer_id=charge.payer_id,
        order_key=charge.order_key,
        reason=(
            outcome
            if outcome in ("insufficient_coins", "charge_conflict")
            else "spend_limit_reached"
        ),
        needed_coins=charge.coins,
        balance_coins=movement.balance_coins,
        refused_at=movement.posted_at,
        limit=None if answer.reached is None else _reached(answer.reached),
    )


_LIMIT: Final[Mapping[LimitReached, LimitName]] = {
    "day_limit_reached": "day",
    "week_limit_reached": "week",
    "creator_limit_reached": "creator_day",
    "platform_day_reached": "platform_day",
    "platform_week_reached": "platform_week",
    "platform_charge_reached": "per_transaction",
}


def _reached(reached: Reached) -> ReachedLimit:
    return ReachedLimit(
        name=_LIMIT[reached.limit],
        coins=reached.limit_coins,
        spent_coins=reached.spent_coins,
        frees_up_at=reached.frees_up_at,
    )


def _slices(movement: Movement, lots: Sequence[Lot]) -> tuple[LotSlice, ...]:
    if movement.lot_coins is None:
        (lot,) = lots
        return (LotSlice(lot.lot_id, lot.lot_class, -movement.coins, lot.refundable_until),)
    return tuple(
        [
            LotSlice(lot.lot_id, lot.lot_class, coins, lot.refundable_until)
            for lot, coins in zip(lots, movement.lot_coins, strict=True)
        ]
    )


def _balance(head: Head, cause: Mover, at: datetime) -> BalanceChanged:
    return BalanceChanged(head.owner_id, head.version, head.coins, at, cause, head.debt_coins)
