"""Where fetched records wait, in order and without gap, until a batch takes them."""

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

import structlog

from chassis.kafka import RawRecord, TopicPartition

log = structlog.get_logger()

BUFFERED_MAX: Final = 4_000
"""Records held per partition before it is paused: bounds memory while the database is away."""


class Source(Protocol):
    """Where records are fetched from."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on at `offset`."""
        ...

    def pause(self, partition: TopicPartition) -> None:
        """Give no more of a partition until `resume`."""
        ...

    def resume(self, partition: TopicPartition) -> None:
        """Give more of a partition again."""
        ...


class _Buffer:
    """Records of one partition that were fetched and not yet applied."""

    __slots__ = ("gap_at", "next_offset", "paused", "position", "records")

    def __init__(self, position: int) -> None:
        self.position = position
        """The offset after the last applied record."""
        self.next_offset = position
        """The offset after the last record that was put in."""
        self.records: list[RawRecord] = []
        self.paused = False
        self.gap_at: int | None = None
        """Where a gap was met and fetched again to see whether it is one."""


class Lane:
    """Partitions of one topic whose records are applied one batch after another."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._buffers: dict[TopicPartition, _Buffer] = {}
        self._first = 0
        self.arrived = asyncio.Event()
        """Set when records were put in."""
        self.idle = asyncio.Lock()
        """Held while a batch is being applied."""

    def reset(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Own these partitions and no others, each from its offset on, and forget what waited."""
        self._buffers = {partition: _Buffer(offset) for partition, offset in offsets.items()}
        for partition, offset in offsets.items():
            self._source.resume(partition)
            self._source.seek(partition, offset)

    def partitions(self) -> set[TopicPartition]:
        """Those that this lane owns."""
        return set(self._buffers)

    def positions(self) -> dict[TopicPartition, int]:
        """The offset after the last applied record, per partition."""
        return {partition: buffer.position for partition, buffer in self._buffers.items()}

    def advance(self, partition: TopicPartition, position: int) -> None:
        """Records up to `position` are applied."""
        if (buffer := self._buffers.get(partition)) is not None:
            buffer.position = position

    def waiting(self) -> int:
        """Records that wait."""
        return sum(len(buffer.records) for buffer in self._buffers.values())

    def put(self, partition: TopicPartition, records: list[RawRecord]) -> None:
        """Add what was fetched. Repeats are dropped, and behind a gap the partition is read again.

        Moving the fence past a record that was never seen would lose it, so the order in which
        fetches and seeks overlap is not trusted.
        """
        buffer = self._buffers.get(partition)
        if buffer is None:  # revoked while the fetch was under way
            return
        records = [record for record in records if record.offset >= buffer.next_offset]
        if not records:
            return
        first = records[0].offset
        if first > buffer.next_offset and buffer.gap_at != first:
            # The broker may have removed records (retention), then it gives the same ones again.
            buffer.gap_at = first
            log.warning(
                "records_missing",
                topic=partition.topic,
                partition=partition.partition,
                wanted_offset=buffer.next_offset,
                given_offset=first,
            )
            self._source.seek(partition, buffer.next_offset)
            return
        buffer.records += records
        buffer.next_offset = records[-1].offset + 1
        if len(buffer.records) >= BUFFERED_MAX and not buffer.paused:
            buffer.paused = True
            self._source.pause(partition)
        self.arrived.set()

    def take(self, records_max: int) -> list[RawRecord]:
        """The next batch: each partition's records in order, together at most `records_max`.

        Every batch begins with another partition, so that a busy one starves no other.
        """
        partitions = sorted(self._buffers)
        self._first = (self._first + 1) % max(len(partitions), 1)
        taken: list[RawRecord] = []
        for partition in partitions[self._first :] + partitions[: self._first]:
            buffer = self._buffers[partition]
            room = records_max - len(taken)
            taken += buffer.records[:room]
            del buffer.records[:room]
            if buffer.paused and len(buffer.records) < BUFFERED_MAX // 2:
                buffer.paused = False
                self._source.resume(partition)
            if len(taken) == records_max:
                break
        return taken
