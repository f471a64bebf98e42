"""The journal holds what was written to it, column by column."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from wallet.domain.ledger import Movement
from wallet.domain.lots import COINS_MAX
from wallet.store import movements

AT = datetime(2026, 9, 1, 12, 30, 15, 123456, tzinfo=UTC)


def a_movement(**fields: object) -> Movement:
    values = {
        "movement_id": uuid7(),
        "account_id": 1,
        "version": 1,
        "coins": -5,
        "balance_coins": 7,
        "posted_at": AT,
        "lot_id": 3,
        "counter_shard": 2,
        "kind": "charge",
        "outcome": "posted",
        "counter": "gift_clearing",
        "order_key": "star",
    }
    return Movement(**{**values, **fields})  # pyright: ignore[reportArgumentType]


ROWS = [
    a_movement(),
    a_movement(version=2, lot_ids=[3, 9], lot_coins=[1, 4]),
    a_movement(version=9, caps_id=2),
    a_movement(version=10, caps_id=32_767, lot_ids=[3, 9], lot_coins=[1, 4]),
    a_movement(version=3, lot_ids=[3, 9, 4, 5, 6], lot_coins=[1, 1, 1, 1, 1]),
    a_movement(lot_id=None, outcome="insufficient_coins", coins=-COINS_MAX),
    a_movement(version=4, kind="purchase", counter="mint:EUR", coins=COINS_MAX, order_key=None),
    a_movement(version=5, kind="bonus", counter="promotion", coins=1, order_key=None),
    a_movement(version=6, kind="expiry", counter="breakage", counter_shard=-1, order_key=None),
    a_movement(
        movement_id=UUID(int=2**128 - 1), version=2**62, account_id=2**62, order_key="é✓" * 9
    ),
    a_movement(movement_id=UUID(int=0), version=7, balance_coins=COINS_MAX, order_key=""),
    a_movement(version=8, posted_at=datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
]


async def test_rows_read_back_as_written(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await movements.append_movements(conn, ROWS)
        found = await movements.select_recorded(conn, [row.movement_id for row in ROWS])

    assert sorted(found, key=lambda row: row.movement_id) == sorted(
        ROWS, key=lambda row: row.movement_id
    )


async def test_no_rows(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await movements.append_movements(conn, [])

    assert await pool.fetchval("SELECT count(*) FROM movement") == 0


@pytest.mark.parametrize(
    "again",
    [{"movement_id": ROWS[0].movement_id, "version": 11}, {"version": ROWS[0].version}],
    ids=["id", "version of an account"],
)
async def test_no_id_and_no_version_twice(pool: Pool, again: dict[str, object]) -> None:
    async with transaction(pool) as conn:
        await movements.append_movements(conn, ROWS)

    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction(pool) as conn:
            await movements.append_movements(conn, [a_movement(**again)])
