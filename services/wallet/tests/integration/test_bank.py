"""T1 and T3: everybody writes at once while snapshots are read; then the history is replayed."""

import asyncio
import random
from datetime import timedelta
from functools import partial

from chassis import clock
from chassis.db import Conn, Pool, transact
from chassis.ids import uuid7
from chassis.testing.databases import Database
from contracts.gifts.v1 import ChargeRequested
from wallet.commands.expire_lots import expire_lots
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import charge, give
from wallet.testing.replay import replay

PAYERS = [f"viewer-{n}" for n in range(12)]
SAVER = "saver"  # charged for nothing: what this one is given always expires
ROUNDS = 25


async def test_every_snapshot_adds_up(database: Database) -> None:
    """Two workers, purchases, a sweeper and a reader of snapshots, all at once.

    Lost races are counted: there are none, since nobody locks in another order than the others.
    """
    pool = database.pool
    lost_races: list[int] = []
    done = asyncio.Event()

    async def writing() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_work(pool, 0))
            tasks.create_task(_work(pool, 1))
            tasks.create_task(_buy(pool, lost_races))
            tasks.create_task(_sweep(pool, lost_races))
        done.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writing())
        snapshots = tasks.create_task(_read(pool, done))

    assert snapshots.result() >= ROUNDS
    assert lost_races == []
    await assert_books_balance(pool)
    assert await replay(pool) == []
    kinds = await pool.fetch("SELECT DISTINCT kind || ' ' || outcome AS kind FROM movement")
    assert {row["kind"] for row in kinds} == {
        "purchase posted",
        "bonus posted",
        "expiry posted",
        "charge posted",
        "charge insufficient_coins",
    }


async def _work(pool: Pool, shard: int) -> None:
    """A worker charges its own payers; every few batches it repeats one of its old requests."""
    choose = random.Random(shard)
    handler = OnChargeRequested()
    mine = PAYERS[shard::2]
    asked: list[ChargeRequested] = []
    for _ in range(ROUNDS):
        batch = [
            ChargeRequested(
                charge_id=uuid7(),
                payer_id=choose.choice(mine),
                order_key="star",
                coins=choose.randint(1, 40),
            )
            for _ in range(20)
        ]
        batch += choose.sample(asked, min(len(asked), 2))
        asked += batch
        await charge(pool, handler, batch, shard=shard)


async def _buy(pool: Pool, lost_races: list[int]) -> None:
    choose = random.Random(9)
    await transact(pool, partial(_credit, owner_id=SAVER, coins=1))
    for _ in range(4 * ROUNDS):
        buy = partial(_credit, owner_id=choose.choice(PAYERS), coins=choose.randint(1, 300))
        await transact(pool, buy, lost_race=lambda: lost_races.append(1))


async def _credit(conn: Conn, *, owner_id: str, coins: int) -> None:
    """A purchase with a bonus that is gone in a moment."""
    at = clock.now()
    await give(conn, owner_id, coins, at=at)
    gone_soon = at + timedelta(milliseconds=coins)
    await give(conn, owner_id, 20, "bonus", at=at, expires_at=gone_soon)


async def _sweep(pool: Pool, lost_races: list[int]) -> None:
    """Sweep while the others write, at least until something has expired."""
    something_expired = "SELECT EXISTS (SELECT FROM movement WHERE kind = 'expiry')"
    rounds = 0
    while rounds < ROUNDS or not await pool.fetchval(something_expired):
        await transact(
            pool,
            lambda conn: expire_lots(conn, at=clock.now(), lots_max=20),
            lost_race=lambda: lost_races.append(1),
        )
        rounds += 1


async def _read(pool: Pool, done: asyncio.Event) -> int:
    """Close the books in one snapshot after another; returns how many were read."""
    snapshots = 0
    while not done.is_set() or snapshots < ROUNDS:
        async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read"):
            await assert_books_balance(conn)
        snapshots += 1
    return snapshots
