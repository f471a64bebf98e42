"""The sweeper takes expired coins from wallets in which nothing else happens."""

from datetime import timedelta

import pytest

from chassis import outbox
from chassis.db import Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import BalanceChanged
from wallet.commands.expire_lots import expire_lots
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock, charge, give, read_back

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


async def sweep(pool: Pool, clock: SettableClock) -> int:
    async with transaction(pool) as conn:
        return await expire_lots(conn, at=clock.at)


async def announced(pool: Pool) -> list[BalanceChanged]:
    rows = await pool.fetch("SELECT records FROM outbox WHERE stream = 'api' ORDER BY seq")
    events = [read_back(record) for row in rows for record in outbox.unpack(row["records"])]
    return [event for event in events if isinstance(event, BalanceChanged)]


async def test_expired_coins_go_to_breakage(pool: Pool, clock: SettableClock) -> None:
    """What is left of a lot, once, and what has not expired stays."""
    async with transaction(pool) as conn:
        await give(conn, "ann", 100, at=clock.at)
        await give(conn, "ann", 20, "bonus", at=clock.at, expires_at=clock.at + HOUR)
        await give(conn, "ann", 30, "bonus", at=clock.at, expires_at=clock.at + 2 * HOUR)
        await give(conn, "bob", 5, "bonus", at=clock.at, expires_at=clock.at + HOUR)
    clock.advance(HOUR)

    assert await sweep(pool, clock) == 2
    assert await sweep(pool, clock) == 0

    assert [
        (each.user_id, each.version, each.coins, each.cause) for each in await announced(pool)
    ] == [
        ("ann", 4, 130, "expiry"),
        ("bob", 2, 0, "expiry"),
    ]
    assert (
        await pool.fetchval("SELECT credits_coins FROM system_account WHERE name = 'breakage'")
        == 25
    )
    await assert_books_balance(pool)


async def test_a_lot_that_is_spent_leaves_nothing_to_book(pool: Pool, clock: SettableClock) -> None:
    async with transaction(pool) as conn:
        await give(conn, "ann", 20, "bonus", at=clock.at, expires_at=clock.at + HOUR)
    spend = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=20)
    await charge(pool, OnChargeRequested(now=clock), [spend])
    clock.advance(HOUR)

    assert await sweep(pool, clock) == 1

    assert await announced(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM lot_to_expire") == 0
    await assert_books_balance(pool)


async def test_a_busy_wallet_is_left_for_the_next_time(pool: Pool, clock: SettableClock) -> None:
    async with transaction(pool) as conn:
        for payer in ("ann", "bob"):
            await give(conn, payer, 20, "bonus", at=clock.at, expires_at=clock.at + HOUR)
    clock.advance(HOUR)

    async with transaction(pool) as conn:
        await conn.execute("SELECT FROM account WHERE owner_id = 'ann' FOR UPDATE")
        assert await sweep(pool, clock) == 1

    assert [each.user_id for each in await announced(pool)] == ["bob"]
    assert await sweep(pool, clock) == 1
    await assert_books_balance(pool)


async def test_the_charge_may_be_faster_than_the_sweeper(pool: Pool, clock: SettableClock) -> None:
    """The expiry that came with a charge is not booked again."""
    async with transaction(pool) as conn:
        await give(conn, "ann", 20, "bonus", at=clock.at, expires_at=clock.at + HOUR)
        await give(conn, "ann", 5, at=clock.at)
    clock.advance(HOUR)
    spend = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=5)
    await charge(pool, OnChargeRequested(now=clock), [spend])

    assert await sweep(pool, clock) == 1

    assert await announced(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM movement WHERE kind = 'expiry'") == 1
    await assert_books_balance(pool)
