"""Payments that are taken back take gifts back with them, as far as their creators bear it.

So do senders who undo a gift: the wallet tells it on the same topic, in the order in which it was.
"""

from collections.abc import Sequence
from typing import override
from uuid import UUID

from chassis import clock
from chassis.batch import Batch, Handler, Received
from chassis.clock import Clock
from chassis.db import Conn
from contracts.event import Event
from contracts.wallet.v1 import ChargeUndone, PurchaseReinstated, PurchaseReversed
from gifts.commands.reverse_gifts import reverse_gifts
from gifts.consumers.fan_events import emit_changes
from gifts.consumers.reversal_events import told
from gifts.consumers.room_frames import emit_frames
from gifts.domain.reversal import Leg
from gifts.domain.room_rules import RoomRules

EVENTS: Sequence[type[Event]] = (PurchaseReversed, PurchaseReinstated, ChargeUndone)


class PurchaseTakenBack(Handler):
    """Books the legs that creators are asked for; of the others gifts knows nothing.

    An event that contradicts the gifts that it names has no effect and is set aside: diamonds are
    about to be asked for that nobody was given, and a person has to look.
    """

    def __init__(self, rules: RoomRules | None = None, *, now: Clock = clock.now) -> None:
        """`rules`: of rooms; the defaults unless told otherwise."""
        self._rules = rules or RoomRules()
        self._now = now

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Book each leg once, and publish what was taken of each gift or given back to it."""
        causes: list[Received] = []
        events: list[Sequence[Leg]] = []
        for cause in batch.received:
            legs = _legs(cause.event)
            if legs:
                causes.append(cause)
                events.append(legs)
        if not events:
            return
        at = self._now()
        made = await reverse_gifts(conn, events, self._rules, at=at)
        emit_frames(batch, made.frames)
        of_gifts: dict[UUID, Received] = {}
        for cause, outcome in zip(causes, made.outcomes, strict=True):
            if outcome.impossible is not None:
                batch.set_aside(cause, outcome.impossible)
            for leg in outcome.booked:
                batch.emit(told(leg), cause)
                of_gifts[leg.gift_id] = cause
        emit_changes(batch, made.changes, of_gifts, at=at)


def _legs(event: Event) -> list[Leg]:
    """What an event says of gifts."""
    if isinstance(event, PurchaseReversed):
        return [
            Leg(
                event.reversal_id,
                leg.position,
                event.reversal_id,
                leg.charge_id,
                leg.party,
                leg.lot_id,
                leg.coins,
                event.kind,
                event.reversed_at,
            )
            for leg in event.legs
            if leg.kind == "creator_unmatured" and leg.charge_id and leg.party
        ]
    if isinstance(event, ChargeUndone):
        return [
            Leg(
                event.reversal_id,
                leg.position,
                event.reversal_id,
                event.charge_id,
                event.order_key,
                leg.lot_id,
                leg.coins,
                event.reason,
                event.undone_at,
            )
            for leg in event.legs
        ]
    assert isinstance(event, PurchaseReinstated)
    return [
        Leg(
            leg.reversal_id,
            leg.position,
            event.reinstatement_id,
            leg.charge_id,
            leg.party,
            leg.lot_id,
            leg.coins,
            event.kind,
            event.reinstated_at,
        )
        for leg in event.legs
        if leg.kind == "creator_unmatured" and leg.charge_id and leg.party
    ]
