"""Gifts that were paid for become diamonds of their creators."""

from typing import override

from chassis import clock
from chassis.batch import Batch, Handler, Received
from chassis.clock import Clock
from chassis.consumer import Subscription
from chassis.db import Conn
from contracts.gifts.v1 import GIFT, GiftSent
from contracts.payouts.v1 import EarningAccrued
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.commands.known_rates import KnownRates
from payouts.domain.accrual import Accrual, UnaccruableGiftError, accrue


class GiftSentHandler(Handler):
    """Accrues each gift once and tells, per creator and batch, what was earned."""

    def __init__(self, *, now: Clock = clock.now) -> None:
        self._rates = KnownRates()
        self._now = now

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Gifts that contradict themselves, or an earlier telling, are set aside.

        Raises:
            NoRatesError: The rate book is empty; no record is to blame.
        """
        book = await self._rates.newest(conn)
        accruals: list[Accrual] = []
        causes: list[Received] = []
        for received in batch.received:
            gift = received.event
            assert isinstance(gift, GiftSent)
            try:
                accruals.append(accrue(gift, book))
            except UnaccruableGiftError as error:
                batch.set_aside(received, f"gift {gift.gift_id}: {error}")
            else:
                causes.append(received)
        outcome = await accrue_gifts(conn, accruals, shard=batch.shard)
        for place in outcome.conflicting:
            gift_id = accruals[place].gift_id
            batch.set_aside(causes[place], f"gift {gift_id} was accrued before, told differently")
        # The last gift of each creator in the batch stands for all of them in the trace.
        cause_of = {
            accrual.creator_id: cause for accrual, cause in zip(accruals, causes, strict=True)
        }
        as_of = self._now()
        for creator, lifetime_micro_diamonds in outcome.credited:
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


def gift_sent() -> Subscription:
    """The subscription of the worker."""
    return Subscription(GIFT, [GiftSent], GiftSentHandler())
