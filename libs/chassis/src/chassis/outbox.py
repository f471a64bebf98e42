"""Events on their way out: written with their cause in one transaction, published by the relay."""

import zlib
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter

import msgspec

from chassis import sql
from chassis.db import Conn
from contracts.event import Event, describe, encode, find

API_STREAM = "api"
"""The stream of events written on request, outside any consumer."""

_SQL = sql.load("chassis", "outbox.sql")


class StoredRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event as it lies in a row of the outbox."""

    type: str
    key: str
    value: bytes
    traceparent: str | None


_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(list[StoredRecord])


class Outgoing:
    """Events of one stream that leave with the transaction at hand, in the order added."""

    __slots__ = ("records",)

    def __init__(self) -> None:
        self.records: list[StoredRecord] = []

    def add(self, event: Event, traceparent: str | None = None) -> None:
        """Add an event that carries on the trace of `traceparent`."""
        event_type, key_of = _route(type(event))
        self.records.append(
            StoredRecord(event_type, str(key_of(event)), encode(event), traceparent)
        )


@cache
def _route(cls: type[Event]) -> tuple[str, Callable[[Event], object]]:
    """The type under which an event is stored, and what reads its key."""
    registered = describe(cls)
    return registered.type, attrgetter(registered.key)


def pack(records: list[StoredRecord]) -> bytes:
    """The bytes of one outbox row.

    Events of a batch are alike, so level 1 shrinks them 5 to 8 times for about 2 µs per event,
    which write-ahead log and socket give back.
    """
    return zlib.compress(_pack.encode(records), level=1)


def unpack(data: bytes) -> list[StoredRecord]:
    """The events of one outbox row."""
    return _unpack.decode(zlib.decompress(data))


async def append(conn: Conn, outgoing: Mapping[str, Outgoing]) -> None:
    """Write the events of each stream; they are published once, after the transaction commits.

    Call it last: it takes the streams' locks, which make the order of events the order of commits.
    """
    filled = {stream: events.records for stream, events in outgoing.items() if events.records}
    if not filled:
        return
    await conn.execute(
        _SQL["append"],
        list(filled),
        [pack(records) for records in filled.values()],
        [len(records) for records in filled.values()],
    )


async def record(conn: Conn, *events: Event, traceparent: str | None = None) -> None:
    """Write events of a request; see `append`."""
    outgoing = Outgoing()
    for event in events:
        outgoing.add(event, traceparent)
    await append(conn, {API_STREAM: outgoing})


async def oldest_age_s(conn: Conn) -> float:
    """How long the oldest event has waited for the relay, in seconds; 0 where none waits."""
    return await conn.fetchval(_SQL["find_oldest_unpublished"])


def topic_of(stored: StoredRecord) -> str:
    """The topic, without prefix, that a stored event goes to.

    Raises:
        LookupError: This program knows no such event: it is older than the one that wrote it.
    """
    registered = find(stored.type)
    if registered is None:
        raise LookupError(f"unknown event type {stored.type!r} in the outbox: update this worker")
    return registered.topic.name
