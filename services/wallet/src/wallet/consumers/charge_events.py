"""What the wallet tells of charges."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import (
    BalanceChanged,
    ChargePosted,
    ChargeRefused,
    LimitName,
    LotSlice,
    ReachedLimit,
)
from wallet.domain.charging import Answer, Mover
from wallet.domain.ledger import Head, Movement
from wallet.domain.lots import Lot
from wallet.domain.spending import LimitReached, Reached


def answer_of(charge: ChargeRequested, answer: Answer) -> ChargePosted | ChargeRefused:
    """The answer to a charge."""
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


def balance_of(head: Head, cause: Mover | Literal["reinstatement"], at: datetime) -> BalanceChanged:
    """A payer's new balance."""
    return BalanceChanged(head.owner_id, head.version, head.coins, at, cause, head.debt_coins)
