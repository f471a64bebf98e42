"""Kafka, by aiokafka; only this module, `reaching` and `tail` import it."""
# aiokafka publishes no types: what comes from it is unknown here and typed at the edge.
# pyright: basic

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple, override

import structlog
from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    TopicPartition,
)
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2
from aiokafka.structs import ConsumerRecord

from chassis.brokers import Servers, options_of
from chassis.reaching import limit_connecting
from contracts.event import Topic

__all__ = [
    "ConsumerRecord",
    "KafkaError",
    "RawRecord",
    "Reader",
    "TopicPartition",
    "Writer",
    "ensure_topics",
]

type RawRecord = ConsumerRecord[bytes | None, bytes | None]
type Headers = Sequence[tuple[str, bytes]]

FETCH_WAIT_MS = 20
"""How long the broker holds a fetch that finds nothing.

aiokafka has one fetch under way per broker, and a partition whose records were just taken joins the
next one: a creator in the middle of a burst waits that long at every hop."""
STOP_TIMEOUT_S = 10
"""aiokafka was seen to hang while leaving its group after a broker restart."""

log = structlog.get_logger()

limit_connecting()


class Outbound(NamedTuple):
    """A record to publish."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


@lru_cache(maxsize=100_000)
def partition_of(key: bytes, partitions: int) -> int:
    """Kafka's default partition of a key. Cached: the hash in Python costs more than the rest."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class Writer:
    """An idempotent producer that sends whole batches and waits for every acknowledgement."""

    def __init__(self, servers: Servers, *, client_id: str, timeout_s: float = 30) -> None:
        self._servers = options_of(servers)
        self._client_id = client_id
        self._timeout_s = timeout_s
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, records: Iterable[Outbound]) -> None:
        """Publish in the order given within each partition; returns when all are acknowledged.

        After an error some records may be published and others not: publish all of them again.

        Raises:
            KafkaError: The broker refused or is away.
            TimeoutError: Not acknowledged within the time-out.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                producer = await self._started()
                await self._send(producer, records)
        except (KafkaError, TimeoutError):
            # A producer that gave up mid-way keeps old batches queued: a new one starts clean.
            await self.close()
            raise

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._servers,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=262_144,
                retry_backoff_ms=500,
            )
            try:
                await producer.start()
            except BaseException:
                await stopped(producer)
                raise
            self._producer = producer
        return self._producer

    @staticmethod
    async def _send(producer: AIOKafkaProducer, records: Iterable[Outbound]) -> None:
        open_batches: dict[tuple[str, int], Any] = {}
        waiting: list[Awaitable[Any]] = []
        counts: dict[str, int] = {}

        async def dispatch(target: tuple[str, int]) -> None:
            builder = open_batches.pop(target)
            waiting.append(await producer.send_batch(builder, target[0], partition=target[1]))

        for topic, key, value, headers in records:
            if topic not in counts:
                counts[topic] = len(await producer.partitions_for(topic))
            target = (topic, partition_of(key, counts[topic]))
            builder = open_batches.get(target)
            if builder is None:
                builder = open_batches[target] = producer.create_batch()
            if builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
                await dispatch(target)
                builder = open_batches[target] = producer.create_batch()
                if builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
                    raise ValueError(f"a record for {topic} is larger than a whole batch")
        for target in list(open_batches):
            await dispatch(target)
        await asyncio.gather(*waiting)

    async def close(self) -> None:
        """Let the producer go; the next `publish` starts another."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stopped(producer)


class Assignment(ConsumerRebalanceListener):
    """Passes changes of the assignment on to a consumer."""

    def __init__(
        self,
        assigned: Callable[[set[TopicPartition]], Awaitable[None]],
        revoked: Callable[[set[TopicPartition]], Awaitable[None]],
    ) -> None:
        self._assigned = assigned
        self._revoked = revoked

    @override
    async def on_partitions_assigned(  # pyright: ignore[reportIncompatibleMethodOverride] - may be a coroutine
        self, assigned: set[TopicPartition]
    ) -> None:
        await self._assigned(set(assigned))

    @override
    async def on_partitions_revoked(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, revoked: set[TopicPartition]
    ) -> None:
        await self._revoked(set(revoked))


class Reader:
    """A group member whose positions are kept elsewhere: it seeks to where it is told."""

    def __init__(
        self, servers: Servers, *, group: str, client_id: str, instance: str | None = None
    ) -> None:
        """Args:
        servers: Kafka's cluster.
        group: The consumer group.
        client_id: For the broker's logs.
        instance: This member's own name, which outlives it: whoever joins under the name of a dead
            member gets its partitions at once. Without one they are free when the dead member's
            session has timed out.
        """
        self._make = partial(
            AIOKafkaConsumer,
            **options_of(servers),
            group_id=group,
            group_instance_id=instance,
            client_id=client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            metadata_max_age_ms=30_000,
            retry_backoff_ms=500,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=2_097_152,
        )
        self._consumer = self._make()

    async def start(self, topics: Sequence[str], listener: Assignment) -> None:
        """Join the group; after an error this may be called again.

        Raises:
            KafkaError: No broker answers, or it refused.
        """
        self._consumer.subscribe(topics=topics, listener=listener)
        try:
            await self._consumer.start()
        except KafkaError:
            # A consumer whose start failed is of no further use.
            await stopped(self._consumer)
            self._consumer = self._make()
            raise

    async def stop(self) -> None:
        """Leave the group."""
        await stopped(self._consumer)

    async def fetch(
        self, *, timeout_ms: int, records_max: int
    ) -> dict[TopicPartition, list[RawRecord]]:
        """What has arrived, per partition in order; waits up to `timeout_ms` for a first record."""
        return await self._consumer.getmany(timeout_ms=timeout_ms, max_records=records_max)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on at `offset`."""
        self._consumer.seek(partition, offset)

    def pause(self, partition: TopicPartition) -> None:
        """Fetch no more of a partition until `resume`."""
        self._consumer.pause(partition)

    def resume(self, partition: TopicPartition) -> None:
        """Fetch a partition again."""
        self._consumer.resume(partition)

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that the group gave to this member."""
        return frozenset(self._consumer.assignment())

    def high_water(self, partition: TopicPartition) -> int | None:
        """The offset after the newest record that the broker told of, or None before it did."""
        return self._consumer.highwater(partition)

    async def beginning(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        """The oldest offset that the broker still has, per partition."""
        return await self._consumer.beginning_offsets(list(partitions))

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Tell the broker how far we are; only lag charts read it."""
        if offsets:  # a member that was given no partition has nothing to tell
            await self._consumer.commit(offsets)


async def stopped(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop a client of Kafka, or let it be when it hangs."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await client.stop()
    except (KafkaError, TimeoutError) as error:
        log.warning("kafka_client_abandoned", reason=repr(error))


@asynccontextmanager
async def admin(servers: Servers) -> AsyncGenerator[AIOKafkaAdminClient]:
    """A client for topics and offsets."""
    client = AIOKafkaAdminClient(**options_of(servers))
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def ensure_topics(
    servers: Servers,
    topics: Iterable[Topic],
    *,
    prefix: str = "",
    partitions: int = 8,
    replication_factor: int = 1,
) -> list[str]:
    """Create the topics that are missing and return their names; existing ones stay as they are.

    A topic with a retention of its own is kept in segments of a quarter of that: the broker drops
    whole segments, and never the one that it writes to.

    The number of partitions is fixed here for good: keys would move to other partitions otherwise.

    Raises:
        KafkaError: The broker refused for another reason than that a topic exists.
    """
    created: list[str] = []
    wanted = [
        NewTopic(
            prefix + topic.name,
            partitions,
            replication_factor,
            topic_configs={name: str(value) for name, value in settings_of(topic).items()},
        )
        for topic in topics
    ]
    async with admin(servers) as client:
        answer: Any = await client.create_topics(wanted)
        for name, code, *_rest in answer.topic_errors:
            if code == 0:
                created.append(name)
            elif (error := for_code(code)) is not TopicAlreadyExistsError:
                raise error(name)
    return created


def settings_of(topic: Topic) -> dict[str, int]:
    """What Kafka is told of a topic beside its partitions and replicas.

    Whole segments are dropped, and never the newest: a quarter of the time is a segment.
    """
    if topic.retention_s is None:
        return {}
    return {
        "retention.ms": topic.retention_s * 1_000,
        "segment.ms": topic.retention_s * 1_000 // 4,
    }


async def read_all(servers: Servers, topic: str) -> AsyncGenerator[list[RawRecord]]:
    """Everything that a topic holds now, in chunks, each partition's records in order."""
    consumer = AIOKafkaConsumer(
        topic,
        **options_of(servers),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        # Stopping waits for the fetch under way, which waits this long at the end of a topic.
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        partitions = list(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        left = {partition for partition in partitions if ends[partition] > starts[partition]}
        while left:
            fetched = await consumer.getmany(timeout_ms=500, max_records=10_000)
            for partition, records in fetched.items():
                if chunk := [record for record in records if record.offset < ends[partition]]:
                    yield chunk
                if records[-1].offset + 1 >= ends[partition]:
                    left.discard(partition)
    finally:
        await stopped(consumer)


async def ends(servers: Servers, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """The offset after the newest record, by topic and partition.

    Raises:
        KafkaError: The broker is away, or has no such topic.
    """
    async with admin(servers) as client:
        described: Any = await client.describe_topics(list(topics))
    for topic in described:
        if topic["error_code"] != 0:
            raise for_code(topic["error_code"])(topic["topic"])
    partitions = [
        TopicPartition(topic["topic"], each["partition"])
        for topic in described
        for each in topic["partitions"]
    ]
    consumer = AIOKafkaConsumer(**options_of(servers), group_id=None)
    # Asked for the ends of topics that it does not know, it waits 0.1 s for each of them.
    consumer.assign(partitions)
    consumer.pause(*partitions)
    await consumer.start()
    try:
        found: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    finally:
        await stopped(consumer)
    return {(partition.topic, partition.partition): end for partition, end in found.items()}
