"""From Kafka to the hub: each record once, whoever watches."""

import asyncio
from collections.abc import Sequence

import structlog

from chassis.batch import EventReader
from chassis.kafka import RawRecord
from chassis.tail import Tail
from contracts.gifts.live import LIVE, RoomFrame
from contracts.payouts.v1 import DIAMONDS, EarningsChanged
from contracts.wallet.v1 import BALANCE, BalanceChanged
from live_hub import metrics
from live_hub.hub import Hub
from live_hub.settings import Settings

log = structlog.get_logger()


class Reading:
    """Reads the topics of what is told, from some minutes back, and hands it to the hub."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._prefix = settings.topic_prefix
        self._readers = {
            LIVE.name: EventReader([RoomFrame]),
            BALANCE.name: EventReader([BalanceChanged]),
            DIAMONDS.name: EventReader([EarningsChanged]),
        }
        self._tail = Tail(
            settings.brokers,
            [self._prefix + name for name in self._readers],
            client_id="live-hub",
            back_s=settings.kept_s,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop`, through outages of the broker."""
        await self._tail.follow(stop, self._take, caught_up=self._hub.caught_up.set)

    def _take(self, topic: str, records: Sequence[RawRecord]) -> None:
        name = topic.removeprefix(self._prefix)
        received, failed = self._readers[name].read(records)
        for each in failed:
            # Nobody's money hangs on it, and whoever answers for the record sets it aside.
            metrics.UNREADABLE.labels(name).inc()
            log.warning("record_unreadable", topic=topic, offset=each.record.offset)
        for each in received:
            match each.event:
                case RoomFrame() as frame:
                    self._hub.take_frame(frame)
                case BalanceChanged() as changed:
                    self._hub.take_balance(changed)
                case EarningsChanged() as changed:
                    self._hub.take_earnings(changed)
                case _:
                    pass
