"""What lies between services, without a broker: what outboxes hold, delivered in any lawful order.

Records keep the order of their partition, as in Kafka, and nothing else: how far each partition of
each consumer has come is for the test to decide. What a relay publishes again after a crash is
there twice, under the same ids.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from chassis import outbox
from chassis.batch import EventReader
from chassis.consumer import Subscription
from chassis.consuming.applying import Applier
from chassis.consuming.fence import FencedError, find_offsets
from chassis.consuming.lane import Lane
from chassis.db import Pool, transaction
from chassis.kafka import RawRecord, TopicPartition, partition_of
from chassis.testing.unbrokered import a_record, unbrokered_lane
from contracts.event import Event, Topic, describe

PARTITIONS = 2
_FRESH = """
SELECT stream, seq, records
FROM outbox
LEFT JOIN unnest($1::text[], $2::bigint[]) AS known (stream, last) USING (stream)
WHERE seq > coalesce(last, 0)
ORDER BY stream, seq
"""
_HEADERS = ("ce_id", b"/test/1"), ("ce_time", b"2026-09-01T00:00:00+00:00"), ("ce_source", b"/t")


class Consumer:
    """A service's subscription to one topic, as its worker has it."""

    def __init__(self, service: str, pool: Pool, subscribe: Callable[[], Subscription]) -> None:
        self.service = service
        self.pool = pool
        self._subscribe = subscribe
        self.topic: Topic = subscribe().topic
        self._applier, self._lane = self._start()
        self._last: tuple[Lane, Sequence[RawRecord]] | None = None
        self.applied = [0] * PARTITIONS
        """How far each partition is applied; nobody else applies any."""

    def _start(self) -> tuple[Applier, Lane]:
        """A worker that knows nothing but what the database tells it."""
        topic, events, handler = self._subscribe()
        applier = Applier(
            self.pool,
            consumer=self.service,
            topic=topic.name,
            prefix="",
            reader=EventReader(events),
            handler=handler,
        )
        return applier, unbrokered_lane()

    def restart(self) -> None:
        """The worker dies, and another begins."""
        self._applier, self._lane = self._start()

    async def deliver(
        self, records: Sequence[Sequence[RawRecord]], partition: int, count: int
    ) -> int:
        """Apply up to `count` further records of a partition in one batch; returns how many."""
        at = self.applied[partition]
        batch = list(records[partition][at : at + count])
        if batch:
            await self._reset()
            self._lane.put(TopicPartition(self.topic.name, partition), batch)
            stale = unbrokered_lane()
            stale.reset(self._lane.positions())
            await self._applier.apply(self._lane, self._lane.take(count), asyncio.Event())
            self.applied[partition] += len(batch)
            self._last = stale, batch
            assert await self._reset() == self.applied, "batches are applied and noted"
        return len(batch)

    async def zombie(self) -> None:
        """A worker that was thought dead applies the last batch once more: the fence refuses it."""
        if self._last is None:
            return
        applier, _ = self._start()
        try:
            await applier.apply(*self._last, asyncio.Event())
        except FencedError:
            return
        raise AssertionError("a batch was applied twice")

    async def _reset(self) -> list[int]:
        async with transaction(self.pool) as conn:
            found = await find_offsets(
                conn, {(self.topic.name, number): 0 for number in range(PARTITIONS)}
            )
        offsets = {number: offset for (_, number), offset in found.items()}
        self._lane.reset(
            {TopicPartition(self.topic.name, number): at for number, at in offsets.items()}
        )
        return [offsets[number] for number in range(PARTITIONS)]


class _Published(NamedTuple):
    service: str
    records: bytes


class Bus:
    """All topics, and who reads them."""

    def __init__(self, pools: dict[str, Pool], consumers: Sequence[Consumer]) -> None:
        self._pools = pools
        self.consumers = consumers
        self._topics: dict[str, list[list[RawRecord]]] = {}
        self._published: list[_Published] = []
        self._last: dict[str, dict[str, int]] = {service: {} for service in pools}
        """By service and stream, the last row that was published."""

    async def begin(self) -> None:
        """Begin anew: what is there belongs to somebody else, and no topic holds anything."""
        for service, pool in self._pools.items():
            await pool.execute("DELETE FROM consumed_offset")
            rows = await pool.fetch("SELECT stream, max(seq) AS seq FROM outbox GROUP BY stream")
            self._last[service] = {row["stream"]: row["seq"] for row in rows}

    async def publish(self, service: str) -> int:
        """Publish what the service's outbox holds, its streams one after another."""
        last = self._last[service]
        rows = await self._pools[service].fetch(_FRESH, list(last), list(last.values()))
        for stream, seq, records in rows:
            last[stream] = seq
            self._append(records)
            self._published.append(_Published(service, records))
        return len(rows)

    def publish_again(self, service: str, count: int) -> None:
        """A relay that died before it noted how far it was publishes its last rows once more."""
        for each in [each for each in self._published if each.service == service][-count:]:
            self._append(each.records)

    def partition(self, key: str) -> int:
        """Where records go that have this key."""
        return partition_of(key.encode(), PARTITIONS)

    def tell(self, event: Event) -> None:
        """Publish an event that no service has told."""
        described = describe(type(event))
        key = str(getattr(event, described.key)).encode()
        self._add(described.topic.name, key, described.type, msgspec.json.encode(event))

    def _append(self, packed: bytes) -> None:
        for stored in outbox.unpack(packed):
            self._add(outbox.topic_of(stored), stored.key.encode(), stored.type, stored.value)

    def _add(self, topic: str, key: bytes, event_type: str, value: bytes) -> None:
        number = partition_of(key, PARTITIONS)
        partition = self.records(topic)[number]
        headers = (("ce_type", event_type.encode()), *_HEADERS)
        partition.append(
            a_record(topic, number, len(partition), key=key, value=value, headers=headers)
        )

    def records(self, topic: str) -> list[list[RawRecord]]:
        """What was published to a topic, by partition."""
        return self._topics.setdefault(topic, [[] for _ in range(PARTITIONS)])

    async def deliver(self, consumer: Consumer, partition: int, count: int) -> int:
        """See `Consumer.deliver`."""
        return await consumer.deliver(self.records(consumer.topic.name), partition, count)
