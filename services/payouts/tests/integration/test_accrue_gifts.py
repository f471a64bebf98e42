"""Each gift earns its creator once, and every sum agrees with the journal."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chassis.db import Conn, transaction
from chassis.testing.databases import Database
from payouts.commands.accrue_gifts import Outcome, accrue_gifts
from payouts.domain.accrual import Accrual, accrue
from payouts.domain.rates import RateBook
from payouts.store.accruals import insert_accruals, select_accruals
from payouts.testing import SENT_AT, a_gift, a_rate, a_slice, assert_books_balance

BOOK = RateBook([a_rate(1), a_rate(2, SENT_AT + timedelta(days=1), purchased=400_000)])


def an_accrual(
    coins: int = 10, *, creator_id: str = "star", gift_id: UUID | None = None
) -> Accrual:
    return accrue(a_gift(coins, creator_id=creator_id, gift_id=gift_id), BOOK)


async def apply(database: Database, batch: list[Accrual], *, shard: int = 0) -> Outcome:
    async with transaction(database.pool) as conn:
        return await accrue_gifts(conn, batch, shard=shard, at=SENT_AT)


async def writes(conn: Conn) -> Counter[str]:
    """Rows inserted and updated by this session so far, per table."""
    rows = await conn.fetch(
        "SELECT relname, n_tup_ins + n_tup_upd AS writes FROM pg_stat_xact_user_tables"
    )
    return Counter({row["relname"]: row["writes"] for row in rows})


async def test_writes_journal_creators_buckets_and_the_other_side(database: Database) -> None:
    gift = a_gift(
        slices=[
            a_slice(3, "bonus", lot_id=1, refundable_until=SENT_AT + timedelta(days=30)),
            a_slice(7, "purchased", lot_id=2),
        ]
    )

    outcome = await apply(database, [accrue(gift, BOOK), an_accrual(1)], shard=5)

    [credited] = outcome.credited
    assert (credited.sum.gifts, credited.sum.coins) == (2, 11)
    assert credited.sum.micro_diamonds == credited.lifetime_micro_diamonds == 4_750_000
    pool = database.pool
    assert await pool.fetchval("SELECT count(*) FROM accrual") == 2
    buckets = await pool.fetch("""
        SELECT creator_id, matures_on, rate_version, micro_diamonds
        FROM earning_bucket
        ORDER BY matures_on
    """)
    assert [tuple(row) for row in buckets] == [
        ("star", date(2026, 6, 10), 1, 750_000),
        ("star", date(2026, 9, 8), 1, 4_000_000),
    ]
    assert [tuple(row) for row in await pool.fetch("SELECT * FROM system_account")] == [
        ("issuance", 5, 4_750_000, 0)
    ]
    await assert_books_balance(pool)


async def test_a_star_costs_one_row_per_batch(database: Database) -> None:
    """A thousand gifts to one creator are one write to each sum."""
    await apply(database, [an_accrual()])

    async with transaction(database.pool) as conn:
        before = await writes(conn)
        await accrue_gifts(conn, [an_accrual() for _ in range(1_000)], shard=0, at=SENT_AT)
        after = await writes(conn)

    assert after - before == {
        "accrual": 1_000,
        "creator_earning": 1,
        "earning_bucket": 1,
        "system_account": 1,
    }
    assert await database.pool.fetchval("SELECT gifts FROM creator_earning") == 1_001
    await assert_books_balance(database.pool)


async def test_repeats_have_no_second_effect(database: Database) -> None:
    """Neither within a batch nor between batches, nor mixed with new gifts."""
    first, second = an_accrual(10), an_accrual(20)

    await apply(database, [first, first])
    outcome = await apply(database, [second, first, second])

    [credited] = outcome.credited
    assert (credited.sum.gifts, credited.sum.coins, credited.lifetime_micro_diamonds) == (
        1,
        20,
        15_000_000,
    )
    assert outcome.conflicting == []
    await assert_books_balance(database.pool)


async def test_a_batch_of_repeats_credits_nobody(database: Database) -> None:
    batch = [an_accrual(creator_id=f"creator-{n}") for n in range(5)]

    await apply(database, batch)
    outcome = await apply(database, batch)

    assert outcome == Outcome((), [])
    assert await database.pool.fetchval("SELECT sum(gifts) FROM creator_earning") == 5
    await assert_books_balance(database.pool)


async def test_same_gift_told_differently_conflicts(database: Database) -> None:
    """The first telling stands; the others are named, and their neighbours go on."""
    gift_id = UUID(int=1)
    await apply(database, [an_accrual(10, gift_id=gift_id)])

    outcome = await apply(
        database,
        [an_accrual(1), an_accrual(11, gift_id=gift_id), an_accrual(10, gift_id=gift_id)],
    )
    within = await apply(
        database, [an_accrual(5, gift_id=UUID(int=2)), an_accrual(6, gift_id=UUID(int=2))]
    )

    assert outcome.conflicting == [1]
    assert within.conflicting == [1]
    assert await database.pool.fetchval("SELECT sum(coins) FROM accrual") == 16
    await assert_books_balance(database.pool)


async def test_a_repeat_at_another_rate_is_a_repeat(database: Database) -> None:
    """Rates change while the topic is replayed: what was accrued stays as it was (E43)."""
    gift = a_gift()
    await apply(database, [accrue(gift, RateBook([a_rate()]))])

    outcome = await apply(database, [accrue(gift, RateBook([a_rate(purchased=400_000)]))])

    assert outcome == Outcome((), [])
    assert await database.pool.fetchval("SELECT micro_diamonds FROM accrual") == 5_000_000


async def test_an_empty_batch_changes_nothing(database: Database) -> None:
    assert await apply(database, []) == Outcome((), [])
    assert await database.pool.fetchval("SELECT count(*) FROM system_account") == 0


async def test_gifts_that_earn_nothing_are_still_accrued(database: Database) -> None:
    book = RateBook([a_rate(granted=0)])

    await apply(database, [accrue(a_gift(slices=[a_slice(10, "granted")]), book)])

    assert await database.pool.fetchval("SELECT micro_diamonds FROM accrual") == 0
    assert await database.pool.fetchval("SELECT gifts FROM creator_earning") == 1
    assert await database.pool.fetchval("SELECT count(*) FROM earning_bucket") == 0
    await assert_books_balance(database.pool)


@pytest.mark.parametrize("seed", range(3))
async def test_copy_keeps_every_bit(database: Database, seed: int) -> None:
    """What is written in COPY's binary format is read back the same, at the edges too."""
    chance = random.Random(seed)
    classes = ("purchased", "bonus", "earned", "granted")

    def edge(*edges: int) -> int:
        return chance.choice([*edges, chance.randint(min(edges), max(edges))])

    def accrual() -> Accrual:
        count = chance.choice([1, 1, 2, 3, 40])
        coins = [edge(1, 2**47) for _ in range(count)]
        micro_diamonds = [edge(0, 2**47) for _ in range(count)]
        return Accrual(
            gift_id=UUID(int=chance.getrandbits(128)),
            creator_id=chance.choice(["a", "ü" * 64, "日本", "c" * 64]),
            coins=sum(coins),
            micro_diamonds=sum(micro_diamonds),
            rate_version=edge(1, 2**31 - 1),
            sent_at=datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=edge(0, 3 * 10**17)),
            lot_ids=tuple(edge(1, 2**63 - 1) for _ in range(count)),
            lot_classes=tuple(chance.choice(classes) for _ in range(count)),
            slice_coins=tuple(coins),
            slice_micro_diamonds=tuple(micro_diamonds),
            matures_on=tuple(date.fromordinal(edge(1, 3_650_000)) for _ in range(count)),
            sender_id=chance.choice(["a", "é" * 64, "日本"]),
            item_id=chance.choice(["rose", "", "𝄞"]),
        )

    written = {accrual.gift_id: accrual for accrual in (accrual() for _ in range(300))}

    async with transaction(database.pool) as conn:
        await insert_accruals(conn, written.values())
        read = await select_accruals(conn, list(written))

    assert read == written
