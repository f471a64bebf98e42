"""Events leave exactly when their cause commits, in order, and again after a crash."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from chassis import clock, outbox
from chassis.db import Conn, transact
from chassis.kafka import RawRecord, Writer, read_all
from chassis.relay import Relay
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from chassis.testing.plugin import Servers
from contracts.event import decoder
from contracts.wallet.v1 import BALANCE, BalanceChanged


def changed(user_id: str, version: int) -> BalanceChanged:
    return BalanceChanged(
        user_id=user_id, version=version, coins=version, as_of=clock.now(), cause="purchase"
    )


type Relaying = Callable[[], AbstractAsyncContextManager[Relay]]


@pytest.fixture
def relaying(servers: Servers, service: Database, topic_prefix: str) -> Relaying:
    @asynccontextmanager
    async def run() -> AsyncGenerator[Relay]:
        relay = Relay(
            service.dsn,
            Writer(servers.kafka_servers, client_id="relay"),
            source="wallet",
            topic_prefix=topic_prefix,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(relay.run(stop))
        try:
            yield relay
        finally:
            stop.set()
            await task

    return run


async def published(servers: Servers, prefix: str, count: int) -> list[RawRecord]:
    """What lies on the topic of balances, once it holds `count` records."""

    async def read() -> list[RawRecord]:
        chunks = read_all(servers.kafka_servers, prefix + BALANCE.name)
        return [record async for chunk in chunks for record in chunk]

    return await eventually(read, until=lambda records: len(records) >= count, within_s=30)


async def test_committed_events_arrive_in_order_with_their_metadata(
    servers: Servers, service: Database, topic_prefix: str, relaying: Relaying
) -> None:
    """Key, type, id, source and trace reach the reader; one user's events keep their order."""
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    async with relaying():
        for version in range(1, 6):
            await transact(
                service.pool,
                lambda conn, v=version: outbox.record(
                    conn, changed("alice", v), changed("bob", v), traceparent=traceparent
                ),
            )
        records = await published(servers, topic_prefix, 10)

    versions: dict[bytes, list[int]] = {}
    for record in records:
        assert record.key is not None
        assert record.value is not None
        event = decoder(BalanceChanged).decode(record.value)
        versions.setdefault(record.key, []).append(event.version)
    assert versions == {b"alice": [1, 2, 3, 4, 5], b"bob": [1, 2, 3, 4, 5]}
    first = dict(records[0].headers)
    assert first["ce_type"] == b"wallet.balance_changed.v1"
    assert first["ce_source"] == b"/wallet"
    assert first["traceparent"] == traceparent.encode()
    assert len({dict(record.headers)["ce_id"] for record in records}) == 10


async def test_rolled_back_events_never_leave(
    servers: Servers, service: Database, topic_prefix: str, relaying: Relaying
) -> None:
    """An error after the events were written takes them along."""

    class RefusedError(Exception):
        pass

    async def fail(conn: Conn) -> None:
        await outbox.record(conn, changed("alice", 1))
        raise RefusedError

    async with relaying():
        with pytest.raises(RefusedError):
            await transact(service.pool, fail)
        await transact(service.pool, lambda conn: outbox.record(conn, changed("alice", 2)))
        records = await published(servers, topic_prefix, 1)

    assert [record.value for record in records if b'"version":1' in (record.value or b"")] == []


async def test_published_again_after_a_crash_under_the_same_id(
    servers: Servers, service: Database, topic_prefix: str, relaying: Relaying
) -> None:
    """The relay died after publishing and before its cursor moved: consumers can tell repeats."""
    async with relaying():
        await transact(service.pool, lambda conn: outbox.record(conn, changed("alice", 1)))
        await published(servers, topic_prefix, 1)
    await service.pool.execute("UPDATE outbox_cursor SET next_seq = 1")

    async with relaying():
        records = await published(servers, topic_prefix, 2)

    assert len(records) == 2
    assert len({dict(record.headers)["ce_id"] for record in records}) == 1


async def test_one_relay_at_a_time_and_another_takes_over(
    service: Database, relaying: Relaying
) -> None:
    """Two workers run: one publishes, and when its session is lost either goes on."""

    async def active(*relays: Relay) -> int:
        return sum(relay.active for relay in relays)

    async with relaying() as one, relaying() as two:
        await eventually(lambda: active(one, two), until=lambda n: n == 1)
        first = one if one.active else two
        await service.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            # Migrations of other tests hold such locks, too, in databases of their own.
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        await eventually(lambda: active(first), until=lambda n: n == 0)
        await eventually(lambda: active(one, two), until=lambda n: n == 1)
        await transact(service.pool, lambda conn: outbox.record(conn, changed("alice", 1)))

        async def waiting() -> float:
            async with service.pool.acquire() as conn:
                return await outbox.oldest_age_s(conn)

        assert await eventually(waiting, until=lambda age: age == 0) == 0


async def test_concurrent_writers_leave_no_gap_and_an_intact_chain(service: Database) -> None:
    """Forty writers, some of which fail: sequence numbers are gap-free and each hash follows."""

    class RefusedError(Exception):
        pass

    async def write(n: int) -> None:
        async def work(conn: Conn) -> None:
            await outbox.record(conn, changed(f"user-{n}", n + 1))
            if n % 4 == 0:
                raise RefusedError

        await transact(service.pool, work)

    await asyncio.gather(*(write(n) for n in range(40)), return_exceptions=True)

    rows = await service.pool.fetch("SELECT seq, records, hash FROM outbox ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, 31))
    head = b""
    for row in rows:
        own = hashlib.sha256(row["records"]).digest()
        head = hashlib.sha256(head + own).digest() if head else own
        assert row["hash"] == head
