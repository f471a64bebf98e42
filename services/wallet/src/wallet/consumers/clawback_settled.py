"""`ClawbackSettled`: payouts says how much of a leg its creator bears; the rest falls to others."""

from typing import cast, override

from chassis import clock
from chassis.batch import Batch, Handler
from chassis.clock import Clock
from chassis.db import Conn
from contracts.payouts.v1 import ClawbackSettled
from wallet.commands.settle_legs import settle_legs
from wallet.domain.settlement import Answer


class OnClawbackSettled(Handler):
    """Settles each leg once. What contradicts what was asked for is set aside for a person."""

    def __init__(self, *, now: Clock = clock.now) -> None:
        self._now = now

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Settle the batch's legs, in order."""
        # The subscription names no other type.
        events = cast("list[ClawbackSettled]", [each.event for each in batch.received])
        answers = [
            Answer(
                event.reversal_id,
                event.position,
                event.reinstatement_id or event.reversal_id,
                event.creator_id,
                event.covered_coins,
                event.uncovered_coins,
            )
            for event in events
        ]
        impossible = await settle_legs(conn, answers, shard=batch.shard, at=self._now())
        for place, reason in impossible.items():
            leg = answers[place]
            batch.set_aside(
                batch.received[place], f"leg {leg.position} of reversal {leg.reversal_id}: {reason}"
            )
