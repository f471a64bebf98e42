"""Gifts that their creators froze and that operators give back: the wallet is asked for it."""

from typing import cast, override

from chassis import clock
from chassis.batch import Batch, Handler
from chassis.clock import Clock
from chassis.db import Conn
from contracts.gifts.v1 import UndoRequested
from contracts.payouts.v1 import GiftReturned
from gifts.commands.return_gifts import return_gifts


class OnGiftReturned(Handler):
    """Asks once for each gift, unless its sender has.

    An event of a gift that was never sent to that creator has no effect and is set aside.
    """

    def __init__(self, *, now: Clock = clock.now) -> None:
        self._now = now

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Note what is to be undone, and emit the requests to the wallet."""
        events = [cast("GiftReturned", received.event) for received in batch.received]
        outcome = await return_gifts(
            conn, [(event.gift_id, event.creator_id) for event in events], at=self._now()
        )
        for received, event in zip(batch.received, events, strict=True):
            if event.gift_id in outcome.unknown:
                batch.set_aside(
                    received, f"gift {event.gift_id} was never sent to {event.creator_id}"
                )
            elif (gift := outcome.asked.pop(event.gift_id, None)) is not None:
                batch.emit(
                    UndoRequested(
                        charge_id=gift.gift_id,
                        payer_id=gift.sender_id,
                        order_key=gift.creator_id,
                        asked_at=event.returned_at,
                        reason="quarantine",
                        operator_id=event.operator_id,
                    ),
                    received,
                )
