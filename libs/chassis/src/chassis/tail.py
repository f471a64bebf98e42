"""Reads topics without a group: every process sees every record, from some minutes back."""
# aiokafka publishes no types: what comes from it is unknown here and typed at the edge.
# pyright: basic

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.brokers import Servers, options_of
from chassis.kafka import FETCH_WAIT_MS, KafkaError, RawRecord, stopped
from chassis.pauses import pause

_RETRY_S = 1.0
_RECORDS_MAX = 2_000
_FETCH_BYTES_MIN = 65_536
"""Where records come in all the time the broker answers once per `FETCH_WAIT_MS`, not once for each
publisher's few: an answer costs broker and reader as much as hundreds of records."""

log = structlog.get_logger()


class Tail:
    """What topics hold of the last minutes, and whatever comes to them. Remembers no position:
    whoever starts again reads the last minutes again."""

    def __init__(
        self, servers: Servers, topics: Sequence[str], *, client_id: str, back_s: float
    ) -> None:
        """Args:
        servers: Kafka's cluster.
        topics: Their full names; each must exist.
        client_id: For the broker's logs.
        back_s: How far back to begin.
        """
        self._servers = options_of(servers)
        self._topics = topics
        self._client_id = client_id
        self._back_s = back_s
        self._positions: dict[TopicPartition, int] = {}
        """Where to go on, by partition, once the beginning is found."""
        self._left: dict[TopicPartition, int] | None = None
        """The ends as they were at the start, of partitions that have not been read so far."""
        self._has_caught_up = False

    async def follow(
        self,
        stop: asyncio.Event,
        take: Callable[[str, Sequence[RawRecord]], None],
        *,
        caught_up: Callable[[], None],
    ) -> None:
        """Read until `stop`; an outage of the broker is waited out.

        Args:
            stop: Ends it.
            take: Called with a topic and records of one of its partitions, in order. After an
                outage some may come again.
            caught_up: Called once: all has been taken that was there at the start.
        """
        while not stop.is_set():
            consumer = AIOKafkaConsumer(
                *self._topics,
                **self._servers,
                client_id=self._client_id,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                metadata_max_age_ms=30_000,
                retry_backoff_ms=500,
                fetch_min_bytes=_FETCH_BYTES_MIN,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                max_partition_fetch_bytes=2_097_152,
            )
            try:
                await consumer.start()
                await self._begin(consumer)
                await self._read(consumer, stop, take, caught_up)
            except KafkaError as error:
                log.warning("tail_interrupted", reason=repr(error))
                await pause(stop, _RETRY_S)
            finally:
                await stopped(consumer)

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        """Go to where reading begins, or where it was broken off."""
        partitions = list(consumer.assignment())
        if self._left is None:
            since_ms = int((time.time() - self._back_s) * 1_000)
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
            ends = await consumer.end_offsets(partitions)
            # Of a partition without younger records there is no offset: its end.
            self._positions = {
                each: ends[each] if found[each] is None else found[each].offset
                for each in partitions
            }
            self._left = {each: end for each, end in ends.items() if end > self._positions[each]}
        for partition, position in self._positions.items():
            consumer.seek(partition, position)

    async def _read(
        self,
        consumer: AIOKafkaConsumer,
        stop: asyncio.Event,
        take: Callable[[str, Sequence[RawRecord]], None],
        caught_up: Callable[[], None],
    ) -> None:
        while not stop.is_set():
            if not self._left and not self._has_caught_up:
                self._has_caught_up = True
                caught_up()
            fetched = await consumer.getmany(timeout_ms=200, max_records=_RECORDS_MAX)
            for partition, records in fetched.items():
                take(partition.topic, records)
                self._positions[partition] = records[-1].offset + 1
                if self._left and self._positions[partition] >= self._left.get(partition, 0):
                    self._left.pop(partition, None)
