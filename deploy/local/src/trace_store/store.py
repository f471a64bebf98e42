"""The SQLite file of spans, kept below a size by dropping the oldest traces."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from chassis import sql
from trace_store.spans import Event, Link, Span

_SQL: Final = sql.load("trace_store", "store.sql")

# Dropping goes on to here, so that it does not happen at every insert.
_KEEP_SHARE: Final = 0.9
_DROP_TRACES: Final = 200


class Summary(NamedTuple):
    """A trace in one line."""

    trace_id: str
    gift_id: str | None
    began_ns: int
    duration_ns: int
    spans: int
    processes: int
    errors: int
    name: str
    """The first span's."""


class Store:
    """Keeps spans. Its calls block for some milliseconds at most."""

    def __init__(self, path: Path, *, bytes_max: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._bytes_max = bytes_max
        self._db = sqlite3.connect(path, isolation_level=None)
        # Traces may be lost with the machine: no write waits for the disk.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._db.executescript(files("trace_store").joinpath("schema.sql").read_text())
        ((self._page_bytes,),) = self._db.execute("PRAGMA page_size")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def insert(self, spans: Sequence[Span]) -> None:
        """Keep spans, and drop the oldest traces if the file would grow too large."""
        with self._transaction():
            self._db.executemany(_SQL["insert_span"], map(_span_row, spans))
            self._db.executemany(_SQL["insert_trace"], map(_trace_row, spans))
        if self.bytes_used() > self._bytes_max:
            self._drop_oldest()

    def select_traces(
        self, found_by: str | None = None, *, with_batches: bool = False, limit: int = 100
    ) -> list[Summary]:
        """Give the newest traces: all, or those with the trace id or gift id `found_by`."""
        rows = self._db.execute(
            _SQL["select_traces"], {"id": found_by, "with_batches": with_batches, "limit": limit}
        )
        return [Summary(*row) for row in rows]

    def select_spans(self, trace_id: str) -> list[Span]:
        """Give a trace's spans in the order in which they began; none if it is not known."""
        rows = self._db.execute(_SQL["select_spans"], {"trace_id": trace_id})
        return [_span(row) for row in rows]

    def bytes_used(self) -> int:
        """How much of the file is in use; it does not shrink, but freed pages are used again."""
        ((pages,),) = self._db.execute("PRAGMA page_count")
        ((free,),) = self._db.execute("PRAGMA freelist_count")
        return (pages - free) * self._page_bytes

    def _drop_oldest(self) -> None:
        while self.bytes_used() > self._bytes_max * _KEEP_SHARE:
            with self._transaction():
                rows = self._db.execute(_SQL["select_oldest"], {"limit": _DROP_TRACES})
                oldest = [{"trace_id": trace_id} for (trace_id,) in rows]
                self._db.executemany(_SQL["delete_spans"], oldest)
                self._db.executemany(_SQL["delete_trace"], oldest)
            if not oldest:
                return

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            yield


def _span_row(span: Span) -> dict[str, Any]:
    return span._asdict() | {
        "attributes": _to_text(span.attributes),
        "links": _to_text([list(link) for link in span.links]),
        "events": _to_text([list(event) for event in span.events]),
    }


def _trace_row(span: Span) -> dict[str, Any]:
    return {
        "trace_id": span.trace_id,
        "began_ns": span.start_ns,
        "gift_id": span.gift_id,
        "is_batch": span.is_batch,
    }


def _span(row: tuple[Any, ...]) -> Span:
    *columns, attributes, links, events = row
    return Span(
        *columns,
        attributes=orjson.loads(attributes),
        links=tuple(Link(*link) for link in orjson.loads(links)),
        events=tuple(Event(*event) for event in orjson.loads(events)),
    )


def _to_text(value: object) -> str:
    return orjson.dumps(value).decode()
