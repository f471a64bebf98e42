"""What is kept in memory is read once while it is fresh, and again when it is not."""

import asyncio

import pytest

from chassis.db import Conn
from chassis.testing.databases import Database
from gifts.edge import cached
from gifts.edge.cached import Cached, Kept


class Readings:
    """Counts how often it was read, and by which session."""

    def __init__(self) -> None:
        self.by: list[int] = []

    async def read(self, conn: Conn) -> int:
        self.by.append(await conn.fetchval("SELECT pg_backend_pid()"))
        return len(self.by)


async def test_many_who_ask_at_once_cause_one_reading(service: Database) -> None:
    readings = Readings()
    cache = Cached(service.pool, readings.read)

    found = await asyncio.gather(*(cache.get() for _ in range(5)))

    assert found == [1] * 5
    assert len(readings.by) == 1


async def test_what_is_needed_now_is_read_though_the_last_reading_is_fresh(
    service: Database,
) -> None:
    cache = Cached(service.pool, Readings().read)

    assert [await cache.get(), await cache.read(), await cache.get()] == [1, 2, 2]


async def test_who_has_a_session_reads_by_it(service: Database) -> None:
    readings = Readings()
    kept = Kept(readings.read)

    async with service.pool.acquire() as conn:
        found = [await kept.get(conn), await kept.get(conn)]
        mine = await conn.fetchval("SELECT pg_backend_pid()")

    assert found == [1, 1]
    assert readings.by == [mine]


async def test_what_is_too_old_is_read_again(
    service: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "FRESH_S", 0.0)
    cache = Cached(service.pool, Readings().read)

    assert [await cache.get(), await cache.get()] == [1, 2]
