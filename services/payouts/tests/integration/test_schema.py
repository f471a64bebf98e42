"""The database refuses what must never be, whatever the program thinks."""

import asyncpg
import pytest

from chassis.db import Conn, transaction
from chassis.testing.databases import Database

ACCRUAL = {
    "gift_id": "'00000000-0000-7000-8000-000000000001'",
    "coins": "10",
    "micro_diamonds": "5000000",
    "rate_version": "1",
    "sent_at": "now()",
    "creator_id": "'star'",
    "lot_ids": "'{1,2}'",
    "lot_classes": "'{purchased,bonus}'",
    "slice_coins": "'{7,3}'",
    "slice_micro_diamonds": "'{3500000,1500000}'",
    "matures_on": "'{2026-05-10,2026-06-10}'",
}
RATE = {
    "version": "2",
    "effective_from": "now()",
    "purchased_micro_diamonds_per_coin": "500000",
    "bonus_micro_diamonds_per_coin": "250000",
    "earned_micro_diamonds_per_coin": "100000",
    "granted_micro_diamonds_per_coin": "50000",
    "currency": "'USD'",
    "diamond_micro_minor": "500000",
}


async def insert(conn: Conn, table: str, values: dict[str, str]) -> None:
    await conn.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608
    )


@pytest.mark.parametrize(
    ("other", "constraint"),
    [
        ({"coins": "0", "slice_coins": "'{-1,1}'"}, "accrual_coins_check"),
        ({"coins": "11"}, "accrual_slices_add_up_to_coins"),
        ({"slice_coins": "'{11,-1}'"}, "accrual_slices_add_up_to_coins"),
        ({"slice_coins": "'{10,0}'"}, "accrual_slices_add_up_to_coins"),
        ({"slice_coins": "'{10,null}'"}, "accrual_slices_add_up_to_coins"),
        ({"micro_diamonds": "5000001"}, "accrual_slices_add_up_to_micro_diamonds"),
        ({"slice_micro_diamonds": "'{5000001,-1}'"}, "accrual_slices_add_up_to_micro_diamonds"),
        (
            {
                "micro_diamonds": "9007199254740992",
                "slice_micro_diamonds": "'{9007199254740992,0}'",
            },
            "accrual_micro_diamonds_check",
        ),
        ({"lot_ids": "'{1}'"}, "accrual_slices_are_complete"),
        ({"lot_ids": "'{1,2,3}'"}, "accrual_slices_are_complete"),
        ({"matures_on": "'{2026-05-10}'"}, "accrual_slices_are_complete"),
        ({"lot_ids": "'{1,0}'"}, "accrual_slices_are_complete"),
        ({"lot_ids": "'{1,null}'"}, "accrual_slices_are_complete"),
        ({"matures_on": "'{2026-05-10,null}'"}, "accrual_slices_are_complete"),
        ({"slice_micro_diamonds": "'{5000000,null}'"}, "accrual_slices_add_up_to_micro_diamonds"),
        ({"lot_classes": "'{purchased,null}'"}, "accrual_lot_classes_are_known"),
        ({"lot_classes": "'{purchased,found}'"}, "accrual_lot_classes_are_known"),
        ({"creator_id": "''"}, "accrual_creator_id_check"),
    ],
)
async def test_accrual_that_does_not_add_up(
    database: Database, other: dict[str, str], constraint: str
) -> None:
    async with database.pool.acquire() as conn:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await insert(conn, "accrual", ACCRUAL | other)

    assert refused.value.constraint_name == constraint


async def test_one_accrual_per_gift(database: Database) -> None:
    async with database.pool.acquire() as conn:
        await insert(conn, "accrual", ACCRUAL)

        with pytest.raises(asyncpg.UniqueViolationError):
            await insert(conn, "accrual", ACCRUAL)


@pytest.mark.parametrize(
    ("other", "constraint"),
    [
        ({"bonus_micro_diamonds_per_coin": "500000"}, "earning_rate_free_coins_earn_less"),
        ({"earned_micro_diamonds_per_coin": "500000"}, "earning_rate_free_coins_earn_less"),
        ({"granted_micro_diamonds_per_coin": "-1"}, "earning_rate_free_coins_earn_less"),
        (
            {"purchased_micro_diamonds_per_coin": "1000001"},
            "earning_rate_at_most_a_diamond_per_coin",
        ),
        ({"currency": "'usd'"}, "earning_rate_currency_check"),
        ({"diamond_micro_minor": "0"}, "earning_rate_diamond_micro_minor_check"),
    ],
)
async def test_rate_that_must_not_be(
    database: Database, other: dict[str, str], constraint: str
) -> None:
    async with database.pool.acquire() as conn:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await insert(conn, "earning_rate", RATE | other)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("table", ["accrual", "earning_rate"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET rate_version = 9", "DELETE FROM {}", "TRUNCATE {}"]
)
async def test_journal_and_rates_are_append_only(
    database: Database, table: str, change: str
) -> None:
    """Not even a statement that would touch no row is let through."""
    statement = change.format(table)
    if table == "earning_rate":
        statement = statement.replace("rate_version", "version")
    async with database.pool.acquire() as conn:
        with pytest.raises(asyncpg.RestrictViolationError, match=f"{table} is append-only"):
            await conn.execute(statement)


async def test_lifetime_stays_within_what_clients_read_exactly(database: Database) -> None:
    async with transaction(database.pool) as conn:
        await conn.execute("""
            INSERT INTO creator_earning (
                creator_id, gifts, coins, lifetime_micro_diamonds, figured_on
            )
            VALUES ('star', 1, 1, 9007199254740991, '2026-05-10')
        """)

        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(
                "UPDATE creator_earning SET lifetime_micro_diamonds = lifetime_micro_diamonds + 1"
            )

    assert refused.value.constraint_name == "creator_earning_within_json"


_SET = "UPDATE creator_earning SET"


@pytest.mark.parametrize(
    ("update", "constraint"),
    [
        (f"{_SET} pending_micro_diamonds = 8, available_micro_diamonds = 3", "figures_fit"),
        (f"{_SET} pending_micro_diamonds = 11, available_micro_diamonds = -1", "figures_fit"),
        (f"{_SET} matures_next = figured_on", "matures_later"),
    ],
)
async def test_told_earnings_fit_the_account(
    database: Database, update: str, constraint: str
) -> None:
    """No more than was earned, and what matures next has not matured."""
    await database.pool.execute("""
        INSERT INTO creator_earning (creator_id, gifts, coins, lifetime_micro_diamonds, figured_on)
        VALUES ('star', 1, 1, 10, '2026-05-10')
    """)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await database.pool.execute(update)
    assert refused.value.constraint_name == f"creator_earning_{constraint}"
