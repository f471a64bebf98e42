"""The database refuses what must never be, whatever program asks for it."""

import asyncpg
import pytest

from chassis.db import Pool, transaction
from wallet.testing.charging import SettableClock, give

CLOCK = SettableClock()

FORBIDDEN = {
    "spending more than was credited": (
        "UPDATE account SET debits_coins = credits_coins + 1",
        "account_lots_add_up",
    ),
    "coins that are in no lot": (
        "UPDATE account SET credits_coins = credits_coins + 1",
        "account_lots_add_up",
    ),
    "coins lost from a lot": (
        "UPDATE account SET lot_coins[1] = lot_coins[1] - 1",
        "account_lots_add_up",
    ),
    "a lot below zero": (
        "UPDATE account SET lot_coins = ARRAY[-1, 101], lot_ids = ARRAY[1, 2]",
        "account_open_lots_hold_coins",
    ),
    "an empty lot that is open": (
        "UPDATE account SET lot_coins = ARRAY[0, 100], lot_ids = ARRAY[1, 2]",
        "account_open_lots_hold_coins",
    ),
    "more lots than amounts": (
        "UPDATE account SET lot_ids = lot_ids || 9::bigint",
        "account_lots_paired",
    ),
    "coins beyond 2^53 - 1": (
        "UPDATE account SET credits_coins = 2::bigint^53, lot_coins = ARRAY[2::bigint^53]",
        "account_not_overdrawn",
    ),
    "negative debt": (
        "UPDATE account SET debt_coins = -1",
        "account_totals_not_negative",
    ),
    "two wallets of one person": (
        "INSERT INTO account (owner_id) VALUES ('ann')",
        "account_one_per_owner",
    ),
    "a nameless owner": (
        "INSERT INTO account (owner_id) VALUES ('')",
        "account_owner_id_length",
    ),
    "an invented system account": (
        "INSERT INTO system_account (name, shard) VALUES ('pocket', 0)",
        "system_account_name",
    ),
    "an empty lot": (
        "INSERT INTO lot (account_id, coins, acquired_at, refundable_until, movement_id, class,"
        " source_kind, source_id) VALUES (1, 0, now(), now(), gen_random_uuid(), 'bonus',"
        " 'purchase', gen_random_uuid())",
        "lot_coins_bounds",
    ),
    "a lot of an unknown class": (
        "INSERT INTO lot (account_id, coins, acquired_at, refundable_until, movement_id, class,"
        " source_kind, source_id) VALUES (1, 1, now(), now(), gen_random_uuid(), 'found',"
        " 'purchase', gen_random_uuid())",
        "lot_class",
    ),
    "a movement for two lots": (
        "INSERT INTO lot (account_id, coins, acquired_at, refundable_until, movement_id, class,"
        " source_kind, source_id) SELECT account_id, coins, acquired_at, refundable_until,"
        " movement_id, class, source_kind, source_id FROM lot",
        "lot_one_per_movement",
    ),
    "a charge that gives": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, 5, 5, now(), 1, 0, 'charge',"
        " 'posted', 'gift_clearing', 'k'",
        "movement_sign",
    ),
    "a purchase that takes": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'purchase',"
        " 'posted', 'mint:USD'",
        "movement_sign",
    ),
    "an unknown kind": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'theft',"
        " 'posted', 'gift_clearing'",
        "movement_sign",
    ),
    "a movement below zero": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, -1, now(), 1, 0, 'charge',"
        " 'posted', 'gift_clearing', 'k'",
        "movement_bounds",
    ),
    "a posted charge from no lot": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), NULL, 0, 'charge',"
        " 'posted', 'gift_clearing', 'k'",
        "movement_outcome",
    ),
    "a refused charge from a lot": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'charge',"
        " 'insufficient_coins', 'gift_clearing', 'k'",
        "movement_outcome",
    ),
    "a recorded conflict": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), NULL, 0, 'charge',"
        " 'charge_conflict', 'gift_clearing', 'k'",
        "movement_outcome",
    ),
    "a charge without a key for its answer": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'charge',"
        " 'posted', 'gift_clearing', NULL",
        "movement_charge_has_order_key",
    ),
    "slices that do not add up": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'charge',"
        " 'posted', 'gift_clearing', 'k', ARRAY[1, 2], ARRAY[1, 3]",
        "movement_slices_add_up",
    ),
    "slices with a negative part": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'charge',"
        " 'posted', 'gift_clearing', 'k', ARRAY[1, 2], ARRAY[6, -1]",
        "movement_slices_add_up",
    ),
    "a version twice": (
        "INSERT INTO movement SELECT gen_random_uuid(), account_id, version, -5, 5, now(), 1, 0,"
        " 'charge', 'posted', 'gift_clearing', 'k' FROM movement",
        "movement_account_version",
    ),
}


@pytest.fixture(autouse=True)
async def _a_wallet(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await give(conn, "ann", 100, at=CLOCK.at)


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_refuses(pool: Pool, name: str) -> None:
    statement, constraint = FORBIDDEN[name]

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await pool.execute(statement)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("table", ["movement", "lot"])
@pytest.mark.parametrize("change", ["UPDATE {} SET coins = coins + 1", "DELETE FROM {}"])
async def test_history_cannot_be_changed(pool: Pool, table: str, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await pool.execute(change.format(table))


@pytest.mark.parametrize("table", ["movement", "lot", "account", "system_account"])
async def test_nothing_of_the_ledger_can_be_emptied(pool: Pool, table: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize("statement", ["DELETE FROM account", "DELETE FROM system_account"])
async def test_accounts_cannot_be_deleted(pool: Pool, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute(statement)


async def test_sums_of_many_lots_are_checked_too(pool: Pool) -> None:
    """The constraint adds up to four lots inline and any number by a function."""
    for lots in range(1, 12):
        ids, coins = list(range(lots)), [10] * (lots - 1) + [110 - 10 * lots]
        if coins[-1] > 0:
            await pool.execute("UPDATE account SET lot_ids = $1, lot_coins = $2", ids, coins)
        with pytest.raises(asyncpg.CheckViolationError, match="account_lots_add_up"):
            await pool.execute("UPDATE account SET lot_ids = $1, lot_coins = $2", ids, [11] * lots)
