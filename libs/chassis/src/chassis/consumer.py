"""Applies a topic's records in batches, each with exactly one effect.

The offset up to which records are applied lies in the service's own database and moves in the same
transaction as their effect, so neither a crash nor a second owner can apply a record twice. What
Kafka knows of offsets only feeds lag charts.
"""

import asyncio
import zlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import asyncpg
import structlog

from chassis import dead_letters, outbox, sql
from chassis.batch import Batch, EventReader, Handler, Received, Undecodable
from chassis.db import LOST_RACES, Conn, Pool, is_outage, transaction
from chassis.kafka import Assignment, KafkaError, RawRecord, Reader, TopicPartition
from chassis.telemetry import batch_spans, metrics
from contracts.event import Event, Topic

log = structlog.get_logger()

_SQL = sql.load("chassis", "consumer.sql")

RECORDS_MAX = 1_000
"""A batch's records: more gain nothing, and a retry costs more."""
GATHER_S = 0.010
"""How long a batch waits for more while the flow is dense."""
DENSE = 200
"""A batch of this many records says that more are right behind it."""
BUFFERED_MAX = 4_000
"""Records held per partition before it is paused: bounds memory while the database is away."""
STALLED_S = 60.0
COMMIT_EVERY_S = 5.0


class FencedError(Exception):
    """The partition is not where this consumer believed: replayed, or owned by another now."""


class StalledError(Exception):
    """Records are waiting, and for a long time none has been applied."""


class Subscription(NamedTuple):
    """A topic, the event types of it that the service cares for, and what it does with them."""

    topic: Topic
    events: Sequence[type[Event]]
    handler: Handler


class _Buffer:
    """Records of one partition that were fetched and not yet applied."""

    __slots__ = ("paused", "position", "records")

    def __init__(self, position: int) -> None:
        self.position = position
        """The offset after the last applied record."""
        self.records: list[RawRecord] = []
        self.paused = False


class _Lane:
    """One topic's partitions that are applied one batch after another."""

    def __init__(self, subscription: Subscription, topic: str) -> None:
        self.subscription = subscription
        self.topic = topic
        """With prefix."""
        self.reader = EventReader(subscription.events)
        self.buffers: dict[TopicPartition, _Buffer] = {}
        self.arrived = asyncio.Event()
        self.idle = asyncio.Lock()
        """Held while a batch is being applied."""
        self.last_size = 0

    def waiting(self) -> int:
        return sum(len(buffer.records) for buffer in self.buffers.values())


def _set_aside(batch: Batch, records: Sequence[RawRecord]) -> list[Undecodable]:
    """The records whose events the handler has given to `Batch.set_aside`."""
    reasons = batch.set_aside_reasons
    if not reasons:
        return []
    return [
        Undecodable(record, reasons[record.partition, record.offset])
        for record in records
        if (record.partition, record.offset) in reasons
    ]


@contextmanager
def _traced(topic: str, received: Sequence[Received]) -> Generator[None]:
    """Give each event whose trace is kept a span, and what it causes that span as its parent."""
    traced = [event for event in received if event.traceparent is not None]
    if not traced:
        yield
        return
    with batch_spans(
        topic,
        [event.traceparent for event in traced],
        [(event.partition, event.offset) for event in traced],
    ) as carried:
        for event, traceparent in zip(traced, carried, strict=True):
            event.traceparent = traceparent
        yield


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
        servers: str,
        group: str,
        subscriptions: Sequence[Subscription],
        topic_prefix: str = "",
        lanes: int = 1,
        instance: str | None = None,
    ) -> None:
        """Args:
        pool: The service's database; one session per lane is in use at a time.
        servers: Kafka's addresses.
        group: The consumer group, the service's name.
        subscriptions: What to read, one per topic.
        topic_prefix: Stands before each topic's name.
        lanes: How many batches of a topic may be in flight: while one waits for the database
            the next is being decoded. A partition belongs to one lane.
        instance: The worker's name, the same after a restart and no other worker's: see
            `ServiceSettings.kafka_instance`.
        """
        self._pool = pool
        self._group = group
        self._prefix = topic_prefix
        self._lanes: dict[str, list[_Lane]] = {
            topic_prefix + s.topic.name: [
                _Lane(s, topic_prefix + s.topic.name) for _ in range(lanes)
            ]
            for s in subscriptions
        }
        self._reader = Reader(
            servers,
            group=topic_prefix + group,
            client_id=f"{group}-worker",
            instance=None if instance is None else f"{instance}-{_subscribed(self._lanes)}",
        )
        self._applied_at = 0.0
        self.ready = False
        """Whether the group has told this consumer which partitions are its own."""

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then finish the batches in hand.

        Raises:
            StalledError: Nothing moves though records wait; the process should be restarted.
        """
        self._applied_at = self._now()
        await self._start(stop)
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._fetch(stop)), tasks.create_task(self._watch())]
                for lanes in self._lanes.values():
                    helpers.extend(tasks.create_task(self._drive(lane, stop)) for lane in lanes)
                await stop.wait()
                for lanes in self._lanes.values():
                    for lane in lanes:
                        lane.arrived.set()
                        async with lane.idle:
                            pass
                for helper in helpers:
                    helper.cancel()
        finally:
            self.ready = False
            await self._reader.stop()

    async def _start(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._reader.start(
                    list(self._lanes), Assignment(self._assigned, self._revoked)
                )
            except (KafkaError, OSError) as error:
                log.warning("kafka_away", reason=repr(error))
                await asyncio.sleep(1)
            else:
                return

    # ---------------------------------------------------------------- assignment

    async def _assigned(self, partitions: set[TopicPartition]) -> None:
        offsets = await self._offsets(partitions)
        for lanes in self._lanes.values():
            for lane in lanes:
                lane.buffers = {}
        for partition, offset in offsets.items():
            lanes = self._lanes[partition.topic]
            lane = lanes[partition.partition % len(lanes)]
            lane.buffers[partition] = _Buffer(offset)
            self._reader.seek(partition, offset)
        self.ready = True
        log.info("partitions_assigned", partitions=len(partitions))

    async def _revoked(self, partitions: set[TopicPartition]) -> None:
        for topic in {partition.topic for partition in partitions}:
            for lane in self._lanes[topic]:
                async with lane.idle:
                    lane.buffers = {}
                    lane.subscription.handler.revoked()
        for partition in partitions:
            metrics.drop_partition(self._bare(partition.topic), partition.partition)

    async def _offsets(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        """Where each partition goes on, from the database; waits while that is away."""
        while True:
            try:
                return await self._select_offsets(partitions)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                if not is_outage(error):
                    raise
                log.warning("database_away", reason=repr(error))
                await asyncio.sleep(0.5)

    async def _select_offsets(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        if not partitions:
            return {}
        beginnings = await self._reader.beginning(partitions)
        names = {self._bare(p.topic): p.topic for p in partitions}
        topics = [self._bare(p.topic) for p in beginnings]
        numbers = [p.partition for p in beginnings]
        async with transaction(self._pool) as conn:
            await conn.execute(_SQL["ensure_offsets"], topics, numbers, list(beginnings.values()))
            rows = await conn.fetch(_SQL["select_offsets"], topics, numbers)
        found = {
            TopicPartition(names[row["topic"]], row["partition"]): row["next_offset"]
            for row in rows
        }
        for partition, offset in found.items():
            if beginnings[partition] > offset:
                log.error(
                    "records_lost_to_retention",
                    topic=partition.topic,
                    partition=partition.partition,
                    wanted_offset=offset,
                    oldest_offset=beginnings[partition],
                )
        return found

    def _bare(self, topic: str) -> str:
        return topic.removeprefix(self._prefix)

    # ---------------------------------------------------------------- fetching

    async def _fetch(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                fetched = await self._reader.fetch(timeout_ms=200, records_max=4 * RECORDS_MAX)
            except KafkaError as error:
                log.warning("kafka_away", reason=repr(error))
                await asyncio.sleep(0.5)
                continue
            for partition, records in fetched.items():
                self._buffer(partition, records)

    def _buffer(self, partition: TopicPartition, records: list[RawRecord]) -> None:
        lanes = self._lanes[partition.topic]
        lane = lanes[partition.partition % len(lanes)]
        buffer = lane.buffers.get(partition)
        if buffer is None:  # revoked while the fetch was under way
            return
        buffer.records.extend(records)
        if len(buffer.records) >= BUFFERED_MAX and not buffer.paused:
            buffer.paused = True
            self._reader.pause(partition)
        lane.arrived.set()

    # ---------------------------------------------------------------- applying

    async def _drive(self, lane: _Lane, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await lane.arrived.wait()
            lane.arrived.clear()
            if lane.last_size >= DENSE and lane.waiting() < RECORDS_MAX:
                await asyncio.sleep(GATHER_S)
            while not stop.is_set() and lane.waiting():
                async with lane.idle:
                    await self._apply_next(lane, stop)
                if lane.last_size >= DENSE and 0 < lane.waiting() < DENSE:
                    await asyncio.sleep(GATHER_S)

    async def _apply_next(self, lane: _Lane, stop: asyncio.Event) -> None:
        """Take up to `RECORDS_MAX` records of the lane and apply them, however long it takes."""
        taken = self._take(lane)
        lane.last_size = len(taken)
        parts = [taken]
        while parts and taken:
            part = parts.pop()
            try:
                await self._commit(lane, part)
            except FencedError as error:
                log.warning("fenced", topic=lane.topic, reason=str(error))
                lane.subscription.handler.rolled_back()
                await self._resume_from_database(lane)
                return
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                lane.subscription.handler.rolled_back()
                if isinstance(error, LOST_RACES) or is_outage(error):
                    metrics.TRANSACT_RETRIES.labels(type(error).__name__).inc()
                    log.warning("batch_retried", topic=lane.topic, reason=repr(error))
                    if stop.is_set():
                        return
                    # A commit whose answer was lost may have happened: the fence will tell.
                    await asyncio.sleep(0.2)
                    parts.append(part)
                elif len(part) > 1:
                    middle = len(part) // 2
                    parts += [part[middle:], part[:middle]]
                else:
                    await self._commit(lane, [], bury=[Undecodable(part[0], repr(error))])

    def _take(self, lane: _Lane) -> list[RawRecord]:
        taken: list[RawRecord] = []
        for partition in sorted(lane.buffers):
            buffer = lane.buffers[partition]
            room = RECORDS_MAX - len(taken)
            taken += buffer.records[:room]
            del buffer.records[:room]
            if buffer.paused and len(buffer.records) < BUFFERED_MAX // 2:
                buffer.paused = False
                self._reader.resume(partition)
            if len(taken) == RECORDS_MAX:
                break
        return taken

    async def _commit(
        self,
        lane: _Lane,
        records: Sequence[RawRecord],
        *,
        bury: Sequence[Undecodable] = (),
    ) -> None:
        """Apply records in one transaction with the move of the fence.

        Raises:
            FencedError: Nothing was done.
        """
        handler = lane.subscription.handler
        topic = self._bare(lane.topic)
        received, failed = lane.reader.read(records)
        failed += bury
        covered = [*records, *(undecodable.record for undecodable in bury)]
        shard = min(record.partition for record in covered)
        batch = Batch(topic, received, shard)
        began_at = self._now()
        with _traced(topic, received):
            async with transaction(self._pool) as conn:
                moved = await self._move_fence(conn, lane, topic, covered)
                if received:
                    await handler.apply(conn, batch)
                failed += _set_aside(batch, records)
                await dead_letters.bury(conn, topic, failed, batch.outgoing, consumer=self._group)
                await outbox.append(conn, batch.outgoing)
        handler.committed(batch)
        metrics.BATCH_RECORDS.labels(topic).observe(len(covered))
        metrics.APPLY_SECONDS.labels(topic).observe(self._now() - began_at)
        if failed:
            metrics.DEAD_LETTERS.labels(topic).inc(len(failed))
            log.error("records_set_aside", topic=topic, reasons=dead_letters.reasons(failed))
        for partition, offset in moved.items():
            if (buffer := lane.buffers.get(partition)) is not None:
                buffer.position = offset
        self._applied_at = self._now()

    async def _move_fence(
        self, conn: Conn, lane: _Lane, topic: str, covered: Sequence[RawRecord]
    ) -> dict[TopicPartition, int]:
        ends = {record.partition: record.offset + 1 for record in covered}
        moved = {TopicPartition(lane.topic, number): end for number, end in ends.items()}
        if not moved.keys() <= lane.buffers.keys():
            raise FencedError("a partition was given to another owner")
        rows = await conn.fetch(
            _SQL["move_fence"],
            [topic] * len(moved),
            [partition.partition for partition in moved],
            [lane.buffers[partition].position for partition in moved],
            list(moved.values()),
        )
        if len(rows) < len(moved):
            raise FencedError("an offset in the database is not the one expected")
        return moved

    async def _resume_from_database(self, lane: _Lane) -> None:
        """Forget what was fetched and go on from the offsets that the database holds."""
        owned = set(lane.buffers) & self._reader.assignment()
        offsets = await self._offsets(owned)
        lane.buffers = {partition: _Buffer(offset) for partition, offset in offsets.items()}
        for partition, offset in offsets.items():
            self._reader.resume(partition)
            self._reader.seek(partition, offset)

    # ---------------------------------------------------------------- watching

    def _report_lag(self) -> int:
        lag = self.lag()
        for partition, records in lag.items():
            topic = self._bare(partition.topic)
            metrics.CONSUMER_LAG.labels(topic, str(partition.partition)).set(records)
        return sum(lag.values())

    async def _watch(self) -> None:
        """Report offsets for lag charts, and end the process when nothing moves any more."""
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            positions = self.positions()
            lag = self._report_lag()
            if lag == 0:
                self._applied_at = self._now()
            elif self._now() - self._applied_at > STALLED_S:
                raise StalledError(f"{lag} records wait and none was applied for {STALLED_S:.0f} s")
            try:
                await self._reader.commit(positions)
            except KafkaError as error:
                log.info("offsets_not_reported", reason=repr(error))

    def positions(self) -> dict[TopicPartition, int]:
        """The offset after the last applied record, per partition owned."""
        return {
            partition: buffer.position
            for lanes in self._lanes.values()
            for lane in lanes
            for partition, buffer in lane.buffers.items()
        }

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records not applied yet, per partition owned."""
        return {
            partition: max((self._reader.high_water(partition) or position) - position, 0)
            for partition, position in self.positions().items()
        }

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
