"""Applies topics' records in batches, each record with exactly one effect.

The offset up to which records are applied lies in the service's own database and moves in the same
transaction as their effect, so neither a crash nor a second owner can apply a record twice. What
Kafka knows of offsets only feeds lag charts.
"""

import asyncio
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from chassis.batch import EventReader, Handler
from chassis.brokers import Servers
from chassis.consuming.applying import Applier
from chassis.consuming.fence import FencedError, find_offsets
from chassis.consuming.lane import Lane
from chassis.db import FAILURES, Pool, is_outage, transaction
from chassis.kafka import Assignment, KafkaError, RawRecord, Reader, TopicPartition
from chassis.pace import Pace
from chassis.telemetry import metrics
from contracts.event import Event, Topic

log = structlog.get_logger()

RECORDS_MAX: Final = 1_000
"""A batch's records: more gain nothing, and a retry costs more."""
STALLED_S: Final = 60.0
COMMIT_EVERY_S: Final = 5.0


class StalledError(Exception):
    """Records are waiting, and for a long time none has been applied."""


class Subscription(NamedTuple):
    """A topic, the event types of it that the service cares for, and what it does with them."""

    topic: Topic
    events: Sequence[type[Event]]
    handler: Handler


class _Flow(NamedTuple):
    """A topic on its way through the consumer."""

    handler: Handler
    applier: Applier
    lanes: Sequence[Lane]
    """A partition belongs to the lane of its number, modulo their count."""


def _subscribed(topics: Iterable[str]) -> str:
    """A short word for a set of topics.

    Part of a member's name, because the broker hands a name's partitions on as they are: a version
    that reads one topic more would never be given any of it.
    """
    return f"{zlib.crc32(' '.join(sorted(topics)).encode()):08x}"


class Consumer:
    """Reads topics as a member of a group and applies them to the service's database."""

    def __init__(
        self,
        *,
        pool: Pool,
        servers: Servers,
        group: str,
        subscriptions: Sequence[Subscription],
        topic_prefix: str = "",
        lanes: int = 1,
        instance: str | None = None,
    ) -> None:
        """Args:
        pool: The service's database; one session per lane is in use at a time.
        servers: Kafka's cluster.
        group: The consumer group, the service's name.
        subscriptions: What to read, one per topic.
        topic_prefix: Stands before each topic's name.
        lanes: How many batches of a topic may be in flight: while one waits for the database
            the next is being decoded.
        instance: The worker's name, the same after a restart and no other worker's: see
            `ServiceWorkerSettings.kafka_instance`.
        """
        self._pool = pool
        self._prefix = topic_prefix
        topics = [topic_prefix + subscription.topic.name for subscription in subscriptions]
        self._reader = Reader(
            servers,
            group=topic_prefix + group,
            client_id=f"{group}-worker",
            instance=None if instance is None else f"{instance}-{_subscribed(topics)}",
        )
        self._flows = {
            topic: _Flow(
                subscription.handler,
                Applier(
                    pool,
                    consumer=group,
                    topic=subscription.topic.name,
                    prefix=topic_prefix,
                    reader=EventReader(subscription.events),
                    handler=subscription.handler,
                ),
                [Lane(self._reader) for _ in range(lanes)],
            )
            for topic, subscription in zip(topics, subscriptions, strict=True)
        }
        self.ready = False
        """Whether the group has told this consumer which partitions are its own."""

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then finish the batches in hand.

        Raises:
            StalledError: Nothing moves though records wait; the process should be restarted.
        """
        await self._join(stop)
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._fetch(stop)), tasks.create_task(self._watch())]
                for flow in self._flows.values():
                    helpers += [
                        tasks.create_task(self._drive(flow.applier, lane, stop))
                        for lane in flow.lanes
                    ]
                await stop.wait()
                for lane in self._lanes():
                    async with lane.idle:
                        pass
                for helper in helpers:
                    helper.cancel()
        finally:
            self.ready = False
            await self._reader.stop()

    async def _join(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._reader.start(
                    list(self._flows), Assignment(self._assigned, self._revoked)
                )
            except (KafkaError, OSError) as error:
                log.warning("kafka_away", reason=repr(error))
                await asyncio.sleep(1)
            else:
                return

    def _lanes(self) -> Iterable[Lane]:
        return (lane for flow in self._flows.values() for lane in flow.lanes)

    def _lane(self, partition: TopicPartition) -> Lane:
        lanes = self._flows[partition.topic].lanes
        return lanes[partition.partition % len(lanes)]

    # ---------------------------------------------------------------- assignment

    async def _assigned(self, partitions: set[TopicPartition]) -> None:
        offsets = await self._offsets(partitions)
        for lane in self._lanes():
            lane.reset({p: offset for p, offset in offsets.items() if self._lane(p) is lane})
        self.ready = True
        log.info("partitions_assigned", partitions=len(partitions))

    async def _revoked(self, partitions: set[TopicPartition]) -> None:
        for topic in {partition.topic for partition in partitions}:
            flow = self._flows[topic]
            for lane in flow.lanes:
                async with lane.idle:
                    lane.reset({})
                    flow.handler.revoked()
        for partition in partitions:
            metrics.drop_partition(self._bare(partition.topic), partition.partition)

    async def _offsets(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        """Where each partition goes on, from the database; waits while that is away."""
        if not partitions:
            return {}
        beginnings = {
            (self._bare(partition.topic), partition.partition): offset
            for partition, offset in (await self._reader.beginning(partitions)).items()
        }
        while True:
            try:
                async with transaction(self._pool) as conn:
                    found = await find_offsets(conn, beginnings)
            except FAILURES as error:
                if not is_outage(error):
                    raise
                log.warning("database_away", reason=repr(error))
                await asyncio.sleep(0.5)
            else:
                return {
                    TopicPartition(self._prefix + topic, number): offset
                    for (topic, number), offset in found.items()
                }

    def _bare(self, topic: str) -> str:
        return topic.removeprefix(self._prefix)

    # ---------------------------------------------------------------- the flow

    async def _fetch(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                fetched = await self._reader.fetch(timeout_ms=200, records_max=4 * RECORDS_MAX)
            except KafkaError as error:
                log.warning("kafka_away", reason=repr(error))
                await asyncio.sleep(0.5)
                continue
            for partition, records in fetched.items():
                self._lane(partition).put(partition, records)

    async def _drive(self, applier: Applier, lane: Lane, stop: asyncio.Event) -> None:
        """Apply what waits in a lane: at once where it has rested, else together after its rest.

        Records that fill a batch need not wait for more.
        """
        pace = Pace()
        while not stop.is_set():
            await lane.arrived.wait()
            lane.arrived.clear()
            while not stop.is_set() and lane.waiting():
                if lane.waiting() < RECORDS_MAX:
                    await pace.rested()
                async with lane.idle:
                    records = lane.take(RECORDS_MAX)
                    if records:
                        with pace.working():
                            await self._apply(applier, lane, records, stop)

    async def _apply(
        self, applier: Applier, lane: Lane, records: list[RawRecord], stop: asyncio.Event
    ) -> None:
        try:
            await applier.apply(lane, records, stop)
        except FencedError as error:
            # What was fetched may be another's by now: go on from what the database says.
            log.warning("fenced", topic=records[0].topic, reason=str(error))
            lane.reset(await self._offsets(lane.partitions() & self._reader.assignment()))

    # ---------------------------------------------------------------- watching

    async def _watch(self) -> None:
        """Report offsets for lag charts, and end the process when nothing moves any more."""
        clock = asyncio.get_running_loop().time
        idle_since = clock()
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            lag = self._report_lag()
            moved_at = max(flow.applier.moved_at for flow in self._flows.values())
            idle_since = clock() if lag == 0 else max(idle_since, moved_at)
            if clock() - idle_since > STALLED_S:
                raise StalledError(f"{lag} records wait and none was applied for {STALLED_S:.0f} s")
            try:
                await self._reader.commit(self.positions())
            except KafkaError as error:
                log.info("offsets_not_reported", reason=repr(error))

    def _report_lag(self) -> int:
        lag = self.lag()
        for partition, records in lag.items():
            topic = self._bare(partition.topic)
            metrics.CONSUMER_LAG.labels(topic, str(partition.partition)).set(records)
        return sum(lag.values())

    def positions(self) -> dict[TopicPartition, int]:
        """The offset after the last applied record, per partition owned."""
        return {
            partition: position
            for lane in self._lanes()
            for partition, position in lane.positions().items()
        }

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records not applied yet, per partition owned."""
        return {
            partition: max((self._reader.high_water(partition) or position) - position, 0)
            for partition, position in self.positions().items()
        }
