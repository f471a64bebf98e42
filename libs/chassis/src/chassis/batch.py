"""A run of records that a consumer applies together, and what its handler makes of them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec

from chassis.db import Conn
from chassis.kafka import RawRecord
from chassis.outbox import Outgoing
from contracts.event import Event, describe

VALUE_BYTES_MAX = 262_144
"""Larger values are set aside unread: no event of ours comes near."""

_TYPE = re.compile(rb"(?P<name>[a-z_]+\.[a-z_]+)\.v[0-9]+")


class Received(msgspec.Struct, gc=False):
    """A decoded event and where it stood."""

    event: Event
    partition: int
    offset: int
    traceparent: str | None
    """The trace that what this event causes carries on."""


class Undecodable(msgspec.Struct, frozen=True):
    """A record that is no event that we know how to read, and why."""

    record: RawRecord
    reason: str


class Batch:
    """Events of one topic, each partition's in order, applied in one transaction."""

    __slots__ = ("_streams", "outgoing", "received", "set_aside_reasons", "shard", "topic")

    def __init__(self, topic: str, received: Sequence[Received], shard: int) -> None:
        self.topic = topic
        """Without prefix."""
        self.received = received
        self.shard = shard
        """The batch's lowest partition. Batches that run at the same time never share it, so rows
        kept per shard have one writer."""
        self.outgoing: dict[str, Outgoing] = {}
        """By stream: one per partition, whose order it keeps."""
        self._streams: dict[int, Outgoing] = {}
        self.set_aside_reasons: dict[tuple[int, int], str] = {}
        """Why, by partition and offset, for each record given to `set_aside`."""

    def set_aside(self, received: Received, reason: str) -> None:
        """Leave one event unapplied: it becomes a dead letter when the rest of the batch commits.

        For an event that reads well but cannot be true, such as parts that do not add up to their
        whole. Nothing of it may have been written.
        """
        self.set_aside_reasons[received.partition, received.offset] = reason

    def emit(self, event: Event, cause: Received) -> None:
        """Publish `event` when the batch commits, in the trace and the order of its cause."""
        outgoing = self._streams.get(cause.partition)
        if outgoing is None:
            stream = f"{self.topic}:{cause.partition}"
            outgoing = self._streams[cause.partition] = self.outgoing.setdefault(stream, Outgoing())
        outgoing.add(event, cause.traceparent)

    def emit_apart(self, event: Event, stream: str) -> None:
        """Publish `event` when the batch commits, in the order of a stream of its own.

        For an event that follows from many records, and whose order other writers keep too. It
        carries on no trace.
        """
        self.outgoing.setdefault(stream, Outgoing()).add(event)


class Handler(ABC):
    """What a service does with the events of one topic."""

    @abstractmethod
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Apply the whole batch in the transaction open on `conn`.

        An error rolls all of it back. The batch then comes again: as it was after an outage, in
        ever smaller parts after an error that a record is to blame for.
        """

    def committed(self, batch: Batch) -> None:  # noqa: B027 - most handlers keep nothing in memory
        """The batch that was applied is durable now."""

    def rolled_back(self) -> None:  # noqa: B027
        """The batch was rolled back or may have been: forget what was derived from it."""

    def revoked(self) -> None:  # noqa: B027
        """Partitions moved to another owner: forget what was known of their keys."""


class EventReader:
    """Decodes the events of one topic by their `ce_type` header."""

    def __init__(self, events: Sequence[type[Event]]) -> None:
        self._decoders = {describe(cls).type.encode(): msgspec.json.Decoder(cls) for cls in events}
        self._names = {kind.rpartition(b".")[0] for kind in self._decoders}

    def read(self, records: Sequence[RawRecord]) -> tuple[list[Received], list[Undecodable]]:
        """Split records into events and ones that cannot be read.

        Types that were not asked for are skipped, so that a new type on a topic breaks no consumer
        that is older. Another version of one that was asked for is not: it would be lost.
        """
        received: list[Received] = []
        failed: list[Undecodable] = []
        decoders = self._decoders
        for record in records:
            kind: bytes | None = None
            traceparent: str | None = None
            for name, value in record.headers:
                if name == "ce_type":
                    kind = value
                # A header may have no value, whatever aiokafka's types say.
                elif name == "traceparent" and value is not None:  # pyright: ignore[reportUnnecessaryComparison]
                    traceparent = value.decode("ascii", "replace")
            decoder = decoders.get(kind) if kind is not None else None
            if decoder is None:
                if kind is None or not self._is_for_others(kind):
                    failed.append(Undecodable(record, f"no ce_type that can be read: {kind!r}"))
                continue
            if record.value is None or len(record.value) > VALUE_BYTES_MAX:
                failed.append(Undecodable(record, "no value, or a larger one than any event has"))
                continue
            try:
                event = decoder.decode(record.value)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                failed.append(Undecodable(record, str(error)))
                continue
            received.append(Received(event, record.partition, record.offset, traceparent))
        return received, failed

    def _is_for_others(self, kind: bytes) -> bool:
        match = _TYPE.fullmatch(kind)
        return match is not None and match["name"] not in self._names
