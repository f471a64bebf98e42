"""The worker's task that books expired coins."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from chassis import clock
from chassis.db import Pool, transaction
from chassis.testing.eventually import eventually
from wallet import worker
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import give


@pytest.fixture
async def expired(pool: Pool) -> Pool:
    """Five wallets, each with a lot that expired an hour ago."""
    now = clock.now()
    async with transaction(pool) as conn:
        for number in range(5):
            await give(
                conn,
                f"user-{number}",
                10,
                "bonus",
                at=now - timedelta(days=1),
                expires_at=now - timedelta(hours=1),
            )
    return pool


async def left(pool: Pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM lot_to_expire")


@pytest.fixture
async def stop() -> AsyncGenerator[asyncio.Event]:
    event = asyncio.Event()
    yield event
    event.set()


async def test_sweeps_until_nothing_is_left_and_stops_at_once(
    expired: Pool, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few it takes at a time, it does not pause in between."""
    monkeypatch.setattr(worker, "SWEEP_AT_ONCE", 2)
    sweeping = asyncio.create_task(worker.sweeper(expired)(stop))

    await eventually(lambda: left(expired), until=lambda lots: lots == 0)
    stop.set()
    async with asyncio.timeout(30):
        await sweeping

    assert await expired.fetchval("SELECT sum(debits_coins) FROM account") == 50
    await assert_books_balance(expired)


async def test_goes_on_after_an_outage(
    expired: Pool, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session is ended in the middle of a sweep; the next one books it."""
    monkeypatch.setattr(worker, "SWEEP_EVERY_S", 0.05)
    # What a sequence has counted outlives the session that is ended.
    await expired.execute(
        "CREATE SEQUENCE deaths;"
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM nextval('deaths'), pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
        "CREATE TRIGGER die BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION die()"
    )
    sweeping = asyncio.create_task(worker.sweeper(expired)(stop))
    await eventually(lambda: expired.fetchval("SELECT is_called FROM deaths"))
    assert await left(expired) == 5
    await expired.execute("DROP TRIGGER die ON outbox")

    await eventually(lambda: left(expired), until=lambda lots: lots == 0)
    stop.set()
    await sweeping

    await assert_books_balance(expired)
