"""Applies one batch: the fence, the effect, dead letters and outgoing events in one commit."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import structlog

from chassis import dead_letters, outbox
from chassis.batch import Batch, EventReader, Handler, Received, Undecodable
from chassis.consuming.fence import FencedError, Move, move_fence
from chassis.consuming.lane import Lane
from chassis.db import FAILURES, LOST_RACES, Pool, is_outage, transaction
from chassis.kafka import RawRecord, TopicPartition
from chassis.telemetry import batch_spans, metrics

log = structlog.get_logger()

RETRY_PAUSE_S: Final = 0.2


class _Part(NamedTuple):
    """Records that are applied together, or the one that is to be set aside."""

    records: Sequence[RawRecord]
    refused: str | None = None
    """Why the database refused the one record."""


class Applier:
    """Brings a topic's records to its handler, each with exactly one effect."""

    def __init__(
        self,
        pool: Pool,
        *,
        consumer: str,
        topic: str,
        prefix: str,
        reader: EventReader,
        handler: Handler,
    ) -> None:
        """`topic` without prefix; `consumer` is the service's name."""
        self._pool = pool
        self._consumer = consumer
        self._topic = topic
        self._prefix = prefix
        self._reader = reader
        self._handler = handler
        # From the start, or the first would be no increase of what is counted.
        self._buried = metrics.DEAD_LETTERS.labels(topic)
        self.moved_at = 0.0
        """When this last applied something or was held up by an outage, on the loop's clock."""

    async def apply(self, lane: Lane, records: Sequence[RawRecord], stop: asyncio.Event) -> None:
        """Apply records taken from `lane`, however long it takes.

        Outages and lost races are waited out with the same records. Records that the database
        refuses are searched for by halves, and the one to blame is set aside.

        Raises:
            FencedError: The partitions are elsewhere; the rest of the records is not applied.
        """
        parts = [_Part(records)]
        while parts:
            part = parts.pop()
            try:
                await self._commit(lane, part)
            except FencedError:
                self._handler.rolled_back()
                raise
            except FAILURES as error:
                self._handler.rolled_back()
                if isinstance(error, LOST_RACES) or is_outage(error):
                    metrics.TRANSACT_RETRIES.labels(type(error).__name__).inc()
                    log.warning("batch_retried", topic=self._topic, reason=repr(error))
                    if stop.is_set():
                        return
                    # A commit whose answer was lost may have happened: the fence will tell.
                    self.moved_at = _now()
                    await asyncio.sleep(RETRY_PAUSE_S)
                    parts.append(part)
                else:
                    parts += _narrowed(part, error)

    async def _commit(self, lane: Lane, part: _Part) -> None:
        """Apply a part in one transaction with the move of the fence.

        Raises:
            FencedError: Nothing was done.
        """
        began_at = _now()
        received, failed = self._read(part)
        batch = Batch(self._topic, received, min(record.partition for record in part.records))
        moves = self._moves(lane, part.records)
        with _traced(self._topic, received):
            async with transaction(self._pool) as conn:
                await move_fence(conn, self._topic, moves)
                if received:
                    await self._handler.apply(conn, batch)
                failed += _set_aside(batch, part.records)
                await dead_letters.bury(
                    conn, self._topic, failed, batch.outgoing, consumer=self._consumer
                )
                await outbox.append(conn, batch.outgoing)
        self._handler.committed(batch)
        for move in moves:
            lane.advance(
                TopicPartition(self._prefix + self._topic, move.partition), move.next_offset
            )
        self.moved_at = _now()
        metrics.BATCH_RECORDS.labels(self._topic).observe(len(part.records))
        metrics.APPLY_SECONDS.labels(self._topic).observe(self.moved_at - began_at)
        if failed:
            self._buried.inc(len(failed))
            log.error("records_set_aside", topic=self._topic, reasons=dead_letters.reasons(failed))

    def _read(self, part: _Part) -> tuple[list[Received], list[Undecodable]]:
        if part.refused is not None:
            return [], [Undecodable(record, part.refused) for record in part.records]
        return self._reader.read(part.records)

    def _moves(self, lane: Lane, records: Sequence[RawRecord]) -> list[Move]:
        ends = {record.partition: record.offset + 1 for record in records}
        positions = {p.partition: position for p, position in lane.positions().items()}
        if not ends.keys() <= positions.keys():
            raise FencedError("a partition was given to another owner")
        return [Move(number, positions[number], end) for number, end in ends.items()]


def _narrowed(part: _Part, error: Exception) -> list[_Part]:
    """What to try instead of a part that was refused; the first to try comes last."""
    if len(part.records) == 1:
        if part.refused is not None:  # not even setting it aside succeeds: nothing else will
            raise error
        return [_Part(part.records, refused=repr(error))]
    middle = len(part.records) // 2
    return [_Part(part.records[middle:]), _Part(part.records[:middle])]


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
        batch_size=len(received),
    ) as carried:
        for event, traceparent in zip(traced, carried, strict=True):
            event.traceparent = traceparent
        yield


def _now() -> float:
    return asyncio.get_running_loop().time()
