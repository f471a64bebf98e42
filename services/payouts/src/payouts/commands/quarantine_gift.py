"""A creator freezes a gift that looks wrong."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from chassis import outbox
from chassis.db import Conn
from contracts.payouts.v1 import EarningsChanged, GiftQuarantined
from payouts.commands.known_rates import KnownRates
from payouts.commands.tell_earnings import figure_earnings
from payouts.domain.accrual import Accrual
from payouts.domain.clawback import Bucket
from payouts.domain.earnings import DiamondAmount
from payouts.domain.quarantine import Quarantine, QuarantineOrder, left_of, to_hold
from payouts.domain.refusals import (
    IdempotencyConflictError,
    QuarantineDecidedError,
    ReceivedGiftUnknownError,
)
from payouts.store import clawbacks, earnings, quarantines
from payouts.store.accruals import select_accruals


class Quarantined(NamedTuple):
    """What came of it."""

    quarantine: Quarantine
    replayed: bool


async def quarantine_gift(
    conn: Conn,
    order: QuarantineOrder,
    rates: KnownRates,
    *,
    at: datetime,
    traceparent: str | None = None,
) -> Quarantined:
    """Hold all that is left of a gift apart until an operator decides; once, however often asked.

    Held diamonds are neither pending nor available, and no payout takes them. What is taken back of
    the gift meanwhile is taken of them.

    Locks: the creator, then buckets, each by its key, then the outbox' api stream.

    Raises:
        ReceivedGiftUnknownError: The creator was given no such gift.
        IdempotencyConflictError: The id is of another quarantine.
        QuarantineDecidedError: The gift was frozen before, under another id.
        QuarantineOverError: See `to_hold`.
    """
    accrual = (await select_accruals(conn, [order.gift_id])).get(order.gift_id)
    if accrual is None or accrual.creator_id != order.creator_id:
        raise ReceivedGiftUnknownError
    free = await earnings.lock_free(conn, _buckets(accrual))
    found = await quarantines.select_quarantines(
        conn, ids=[order.quarantine_id], gift_ids=[order.gift_id]
    )
    if (before := _asked_before(found, order)) is not None:
        return Quarantined(before, replayed=True)
    held = to_hold(
        left_of(accrual, await clawbacks.select_of_gifts(conn, [order.gift_id])), free, at=at
    )
    earned = DiamondAmount(((accrual.rate_version, accrual.micro_diamonds),))
    worth = earned.worth(await rates.covering(conn, [accrual.rate_version]))
    quarantine = Quarantine(
        order.quarantine_id,
        order.gift_id,
        order.creator_id,
        order.note,
        accrual.micro_diamonds,
        worth.amount_minor,
        worth.currency,
        at,
    )
    await quarantines.insert_quarantine(conn, quarantine)
    event = GiftQuarantined(
        quarantine_id=quarantine.quarantine_id,
        gift_id=quarantine.gift_id,
        creator_id=quarantine.creator_id,
        micro_diamonds=sum(held.values()),
        frozen_at=at,
    )
    stands = await _hold(conn, order.creator_id, held, at=at)
    await outbox.record(conn, event, *stands, traceparent=traceparent)
    return Quarantined(quarantine, replayed=False)


async def let_go(conn: Conn, quarantine: Quarantine, *, at: datetime) -> list[EarningsChanged]:
    """Hold nothing of a gift any more: what is left of it is its creator's as it would have been.

    The caller holds the creator, and publishes how they stand then.
    """
    accrual = (await select_accruals(conn, [quarantine.gift_id]))[quarantine.gift_id]
    amounts: Counter[Bucket] = Counter()
    for each in left_of(accrual, await clawbacks.select_of_gifts(conn, [quarantine.gift_id])):
        amounts[each.bucket] -= each.micro_diamonds
    return await _hold(conn, quarantine.creator_id, amounts, at=at)


async def _hold(
    conn: Conn, creator_id: str, amounts: Mapping[Bucket, int], *, at: datetime
) -> list[EarningsChanged]:
    """Move what is held of a creator's buckets; what is to be told of how they stand then."""
    await earnings.hold(conn, amounts)
    return await figure_earnings(conn, [creator_id], at=at)


def _buckets(accrual: Accrual) -> set[Bucket]:
    return {(accrual.creator_id, day, accrual.rate_version) for day in accrual.matures_on}


def _asked_before(found: Iterable[Quarantine], order: QuarantineOrder) -> Quarantine | None:
    """The quarantine that this order has made, if it has."""
    for each in found:
        if each.quarantine_id == order.quarantine_id:
            if (each.gift_id, each.creator_id) != (order.gift_id, order.creator_id):
                raise IdempotencyConflictError
            return each
    for each in found:
        raise QuarantineDecidedError(status=each.status.value)
    return None
