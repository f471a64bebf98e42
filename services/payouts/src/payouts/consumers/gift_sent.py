"""Gifts that were paid for become diamonds of their creators, until they are taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override

from chassis import clock
from chassis.batch import Batch, Handler, Received
from chassis.clock import Clock
from chassis.consumer import Subscription
from chassis.db import Conn
from contracts.event import Event
from contracts.gifts.v1 import GIFT, GiftReinstated, GiftReversed, GiftSent
from contracts.payouts.v1 import ClawbackSettled, EarningAccrued
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.commands.claw_back import claw_back
from payouts.commands.known_rates import KnownRates
from payouts.commands.tell_earnings import earnings_changed
from payouts.domain.accrual import Accrual, UnaccruableGiftError, accrue
from payouts.domain.clawback import Clawback, Leg
from payouts.domain.earnings import EarningsState


class GiftHandler(Handler):
    """Accrues each gift once, and takes back, once, what is taken back of it."""

    def __init__(self, *, now: Clock = clock.now) -> None:
        self._rates = KnownRates()
        self._now = now

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """First all that was given, then what is taken back or given back, in order.

        Events that contradict themselves, or an earlier telling, are set aside.

        Raises:
            NoRatesError: The rate book is empty; no record is to blame.
        """
        sent = [each for each in batch.received if isinstance(each.event, GiftSent)]
        as_of = self._now()
        accrued = await self._accrue(conn, batch, sent, as_of)
        taken_back = [each for each in batch.received if not isinstance(each.event, GiftSent)]
        # The last event of each creator stands for all of them in the trace, and for what had
        # waited, which has no record any more.
        cause_of = {_creator_of(received.event): received for received in batch.received}
        clawed = await _claw_back(conn, batch, taken_back, cause_of, as_of)
        for creator_id, state in {**accrued, **clawed}.items():
            batch.emit(earnings_changed(state, as_of), cause_of[creator_id])

    async def _accrue(
        self, conn: Conn, batch: Batch, sent: Sequence[Received], as_of: datetime
    ) -> dict[str, EarningsState]:
        """Accrue gifts and tell, per creator, what was earned; returns how they stand then."""
        if not sent:
            return {}
        book = await self._rates.newest(conn)
        accruals: list[Accrual] = []
        causes: list[Received] = []
        for received in sent:
            gift = received.event
            assert isinstance(gift, GiftSent)
            try:
                accruals.append(accrue(gift, book))
            except UnaccruableGiftError as error:
                batch.set_aside(received, f"gift {gift.gift_id}: {error}")
            else:
                causes.append(received)
        outcome = await accrue_gifts(conn, accruals, shard=batch.shard, at=as_of)
        for place in outcome.conflicting:
            gift_id = accruals[place].gift_id
            batch.set_aside(causes[place], f"gift {gift_id} was accrued before, told differently")
        # The last gift of each creator in the batch stands for all of them in the trace.
        cause_of = {
            accrual.creator_id: cause for accrual, cause in zip(accruals, causes, strict=True)
        }
        for creator, lifetime_micro_diamonds, _ in outcome.credited:
            batch.emit(
                EarningAccrued(
                    creator_id=creator.creator_id,
                    gifts=creator.gifts,
                    micro_diamonds=creator.micro_diamonds,
                    lifetime_micro_diamonds=lifetime_micro_diamonds,
                    rate_version=creator.rate_version,
                    as_of=as_of,
                ),
                cause_of[creator.creator_id],
            )
        return {each.state.creator_id: each.state for each in outcome.credited}


async def _claw_back(
    conn: Conn,
    batch: Batch,
    taken_back: Sequence[Received],
    cause_of: Mapping[str, Received],
    at: datetime,
) -> Mapping[str, EarningsState]:
    """Settle what is taken back and given back, and what waited for a gift of this batch.

    Returns how the creators stand then to whom it happened.
    """
    legs = [_leg(received.event) for received in taken_back]
    outcome = await claw_back(conn, legs, creator_ids=cause_of.keys(), shard=batch.shard, at=at)
    causes = {leg.entry_id: cause for leg, cause in zip(legs, taken_back, strict=True)}
    for place, reason in outcome.impossible.items():
        batch.set_aside(taken_back[place], f"gift {legs[place].gift_id}: {reason}")
    for each in outcome.settled:
        cause = causes.get(each.leg.entry_id) or cause_of[each.leg.creator_id]
        batch.emit(_settled(each), cause)
    return outcome.states


def _creator_of(event: Event) -> str:
    assert isinstance(event, GiftSent | GiftReversed | GiftReinstated)
    return event.creator_id


def _leg(event: Event) -> Leg:
    assert isinstance(event, GiftReversed | GiftReinstated)
    if isinstance(event, GiftReversed):
        cause_id, told_at = event.reversal_id, event.reversed_at
    else:
        cause_id, told_at = event.reinstatement_id, event.reinstated_at
    return Leg(
        event.reversal_id,
        event.position,
        cause_id,
        event.creator_id,
        event.gift_id,
        event.lot_id,
        event.reason,
        told_at,
        event.coins,
    )


def _settled(clawback: Clawback) -> ClawbackSettled:
    leg = clawback.leg
    return ClawbackSettled(
        reversal_id=leg.reversal_id,
        position=leg.position,
        creator_id=leg.creator_id,
        gift_id=leg.gift_id,
        lot_id=leg.lot_id,
        covered_coins=clawback.covered_coins,
        uncovered_coins=leg.coins - clawback.covered_coins,
        micro_diamonds=clawback.micro_diamonds,
        settled_at=clawback.settled_at,
        reinstatement_id=leg.cause_id if leg.gives_back else None,
    )


def gift_sent() -> Subscription:
    """The subscription of the worker."""
    return Subscription(GIFT, [GiftSent, GiftReversed, GiftReinstated], GiftHandler())
