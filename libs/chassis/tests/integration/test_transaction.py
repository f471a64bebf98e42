"""One opener of transactions: it commits, rolls back, runs lost races again, and can be stopped."""

import asyncio

import pytest

from chassis.db import FAILURES, Conn, transact, transaction
from chassis.testing.databases import Database


async def effects(service: Database) -> int:
    return await service.pool.fetchval("SELECT count(*) FROM effect")


async def test_an_error_takes_everything_back(service: Database) -> None:
    async def fail() -> None:
        async with transaction(service.pool) as conn:
            await conn.execute("INSERT INTO effect (payer_id) VALUES ('a')")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert await effects(service) == 0


async def test_lost_races_are_counted_and_run_again(service: Database) -> None:
    """Two writers in opposite orders deadlock: one of them runs twice, and both have their way."""
    await service.pool.execute("INSERT INTO effect (payer_id) VALUES ('a'), ('b')")
    lost: list[None] = []
    both_hold_one = asyncio.Barrier(2)

    async def write(first: str, second: str) -> None:
        tries = 0

        async def work(conn: Conn) -> None:
            nonlocal tries
            tries += 1
            await conn.execute("UPDATE effect SET charge_id = NULL WHERE payer_id = $1", first)
            if tries == 1:
                await both_hold_one.wait()
            await conn.execute("UPDATE effect SET charge_id = NULL WHERE payer_id = $1", second)

        await transact(service.pool, work, lost_race=lambda: lost.append(None))

    await asyncio.gather(write("a", "b"), write("b", "a"))

    assert len(lost) == 1


async def test_a_cancelled_transaction_ends_cancelled_on_a_dead_session_too(
    service: Database,
) -> None:
    """Its rollback fails; whoever waits out outages would otherwise go on as if never cancelled."""
    opened = asyncio.Event()
    session: list[int] = []

    async def persist() -> None:
        while True:
            try:
                async with transaction(service.pool) as conn:
                    session.append(await conn.fetchval("SELECT pg_backend_pid()"))
                    opened.set()
                    await asyncio.Event().wait()
            except FAILURES:
                continue

    task = asyncio.create_task(persist())
    await opened.wait()
    async with service.pool.acquire() as conn:
        await conn.fetchval("SELECT pg_terminate_backend($1, 5000)", session[0])
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=10)

    assert done == {task}
    assert task.cancelled()
