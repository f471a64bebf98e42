"""Publishes what lies in the outbox, in order within each stream, at least once."""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta

import asyncpg
import structlog

from chassis import outbox, sql
from chassis.db import BY_INDEX, OUTAGES, Record, connect
from chassis.kafka import KafkaError, Outbound, Writer
from chassis.login import Where
from chassis.outbox import StoredRecord
from chassis.pauses import pause
from chassis.telemetry import metrics, publish_spans

log = structlog.get_logger()

_SQL = sql.load("chassis", "outbox.sql")

POLL_S = 1.0
"""How long an unheard notification can delay an event."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
ROWS_PER_STREAM = 16
RETENTION = timedelta(days=7)


class Relay:
    """The one publisher of a database's outbox; others wait until it is gone.

    An event is published again, under the same `ce_id`, when the relay dies between publishing and
    moving its cursor: consumers drop repeats.
    """

    def __init__(
        self, database: Where, writer: Writer, *, source: str, topic_prefix: str = ""
    ) -> None:
        self._database = database
        self._writer = writer
        self._source = f"/{source}".encode()
        self._prefix = topic_prefix
        self._wake = asyncio.Event()
        self._published = False
        """Whether the session at hand has published anything."""
        self.active = False
        """Whether this is the relay that publishes now."""

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set; outages of the database and of Kafka are waited out."""
        pause_s = FIRST_PAUSE_S
        while not stop.is_set():
            self._published = False
            try:
                await self._run_session(stop)
            except (*OUTAGES, KafkaError) as error:
                # After a session that did its work this is a new outage, not one that goes on.
                if self._published:
                    pause_s = FIRST_PAUSE_S
                log.warning("relay_interrupted", reason=repr(error), retry_in_s=pause_s)
                await pause(stop, pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        await self._writer.close()

    async def _run_session(self, stop: asyncio.Event) -> None:
        conn = await connect(
            self._database,
            application="relay",
            timeout=10,
            command_timeout=30,
            # A frozen relay loses its session, and with it the lock, so that another can go on. Its
            # session is idle while it waits for the broker too, which may look for a leader.
            settings={
                "idle_session_timeout": "15s",
                # A cursor that a crash takes back only publishes again.
                "synchronous_commit": "off",
                **BY_INDEX,
            },
        )
        try:
            while not await conn.fetchval(_SQL["lock_relay"]):
                if await pause(stop, POLL_S):
                    return
            self.active = True
            await conn.add_listener("outbox", self._woken)
            await self._publish_until(conn, stop)
        finally:
            self.active = False
            conn.terminate()

    async def _publish_until(self, conn: "asyncpg.Connection[Record]", stop: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        swept_at = clock()
        while not stop.is_set():
            self._wake.clear()
            if await self._publish_some(conn):
                continue
            metrics.set_outbox_oldest(None)
            if clock() - swept_at > 60:
                await conn.execute(_SQL["delete_published"], RETENTION, 1_000)
                swept_at = clock()
            await _first(stop, self._wake, POLL_S)

    async def _publish_some(self, conn: "asyncpg.Connection[Record]") -> bool:
        rows = await conn.fetch(_SQL["select_unpublished"], ROWS_PER_STREAM)
        if not rows:
            return False
        metrics.set_outbox_oldest(min(row["created_at"].timestamp() for row in rows))
        cursors: dict[str, int] = {}
        records: list[Outbound] = []
        for row in rows:
            stored = outbox.unpack(row["records"])
            records.extend(self._outbound(row, stored))
            cursors[row["stream"]] = row["seq"] + 1
        start_ns = time.time_ns()
        await self._writer.publish(records)
        self._report(records, start_ns)
        await conn.execute(_SQL["move_cursors"], list(cursors), list(cursors.values()))
        self._published = True
        return True

    def _outbound(self, row: Record, stored: list[StoredRecord]) -> Iterable[Outbound]:
        position = f"{self._source.decode()}/{row['stream']}/{row['seq']}/"
        time = ("ce_time", row["created_at"].isoformat().encode())
        source = ("ce_source", self._source)
        topics: dict[str, tuple[str, tuple[str, bytes]]] = {}
        for index, record in enumerate(stored):
            known = topics.get(record.type)
            if known is None:
                known = topics[record.type] = (
                    self._prefix + outbox.topic_of(record),
                    ("ce_type", record.type.encode()),
                )
            headers = [known[1], ("ce_id", f"{position}{index}".encode()), time, source]
            if record.traceparent is not None:
                headers.append(("traceparent", record.traceparent.encode()))
            yield Outbound(known[0], record.key.encode(), record.value, headers)

    def _report(self, records: list[Outbound], start_ns: int) -> None:
        """Count what was published, and give each record whose trace is kept its span."""
        end_ns = time.time_ns()
        counts: dict[str, int] = {}
        traced: dict[str, list[bytes]] = {}
        for record in records:
            counts[record.topic] = counts.get(record.topic, 0) + 1
            if record.headers[-1][0] == "traceparent":
                traced.setdefault(record.topic, []).append(record.headers[-1][1])
        for topic, count in counts.items():
            metrics.OUTBOX_PUBLISHED.labels(topic.removeprefix(self._prefix)).inc(count)
        for topic, traceparents in traced.items():
            publish_spans(topic.removeprefix(self._prefix), traceparents, start_ns, end_ns)

    def _woken(self, *_: object) -> None:
        self._wake.set()


async def _first(stop: asyncio.Event, wake: asyncio.Event, timeout_s: float) -> None:
    """Return when either event is set or the time is over."""
    waiters = [asyncio.ensure_future(event.wait()) for event in (stop, wake)]
    try:
        await asyncio.wait(waiters, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
