"""Takes in authentic deliveries: what takes payments back together, anything else alone.

A provider that makes up for an outage, or an issuer that sends a day's disputes, tells of thousands
of payments at once. A hundred of them in one transaction cost little more than a few.
"""

from collections.abc import Sequence
from typing import Final

import structlog

from chassis.batcher import Batcher
from chassis.clock import Clock
from chassis.db import Conn, Pool
from chassis.webhooks import TurnedAwayError
from chassis.webhooks.requests import recorded, unreadable_id
from wallet.commands.record_deliveries import Delivery, record_deliveries
from wallet.commands.settle_events import ALARMS, DeliveryOutcome
from wallet.domain.purchase import PaymentEvent

_TOGETHER_MAX: Final = 200
_REST_MAX_S: Final = 0.2
"""Providers wait for seconds, and nobody at a screen waits for them."""

log = structlog.get_logger()


class Recorder:
    """Takes in what one provider delivers."""

    def __init__(self, pool: Pool, provider: str, *, now: Clock) -> None:
        """Args:
        pool: Of the wallet.
        provider: Who delivers.
        now: Tells when.
        """
        self._pool = pool
        self._provider = provider
        self._now = now
        self._together = Batcher(
            self._write_together, size_max=_TOGETHER_MAX, rest_max_s=_REST_MAX_S
        )

    async def record(
        self, told: PaymentEvent | None, body: bytes, *, traceparent: str | None
    ) -> DeliveryOutcome:
        """Take in a delivery; says what came of it.

        Args:
            told: What the body says; None where it could not be read.
            body: As it came.
            traceparent: The trace that events carry on.

        Raises:
            OverloadedError: Too many wait already; nothing was written.
            TurnedAwayError: The database is away; nothing was written.
        """
        event = _unreadable(body) if told is None else told
        delivery = Delivery(event, body, traceparent, malformed=told is None)
        if delivery.takes_back:
            outcome = await self._together.submit(delivery)
            if isinstance(outcome, Exception):
                raise outcome
        else:
            (outcome,) = await self._write([delivery])
        if outcome in ALARMS:
            log.error(
                "webhook_raised_alarm",
                provider=self._provider,
                outcome=outcome,
                event_id=event.event_id,
                event_type=event.type,
                reference=event.reference,
            )
        return outcome

    async def _write_together(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[DeliveryOutcome | Exception]:
        """What came of each, or what it failed with: none fails for another's sake."""
        try:
            return await self._write(deliveries)
        except TurnedAwayError:
            raise
        except Exception as error:
            if len(deliveries) == 1:
                raise
            log.warning("webhooks_not_taken_together", deliveries=len(deliveries), error=str(error))
        return [await self._write_alone(delivery) for delivery in deliveries]

    async def _write_alone(self, delivery: Delivery) -> DeliveryOutcome | Exception:
        try:
            (outcome,) = await self._write([delivery])
        except Exception as error:  # noqa: BLE001 - it reaches whoever waits for this delivery
            return error
        return outcome

    async def _write(self, deliveries: Sequence[Delivery]) -> Sequence[DeliveryOutcome]:
        async def work(conn: Conn) -> Sequence[DeliveryOutcome]:
            return await record_deliveries(conn, self._provider, deliveries, at=self._now())

        return await recorded(self._pool, work)


def _unreadable(body: bytes) -> PaymentEvent:
    """An event of a name of its own, of which nothing else is known."""
    return PaymentEvent(unreadable_id(body), "unreadable", None)
