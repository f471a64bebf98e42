"""The database refuses payouts that must never be, whatever the program thinks."""

import asyncpg
import pytest

from chassis.db import Conn, transact
from chassis.testing.databases import Database
from payouts.testing.paying import NOW, request, settled_creator

PAYOUT = {
    "payout_id": "'00000000-0000-7000-8000-000000000001'",
    "creator_id": "'star'",
    "method_id": "(SELECT method_id FROM payout_method)",
    "requested_micro_diamonds": "2000",
    "micro_diamonds": "2000",
    "worth_minor": "1000",
    "worth_currency": "'USD'",
    "currency": "'USD'",
    "gross_minor": "1000",
    "fixed_fee_minor": "25",
    "proportional_fee_minor": "10",
    "net_minor": "965",
    "nano_rate": "1000000000",
    "rate_source": "NULL",
    "rate_observed_at": "NULL",
    "terms_version": "1",
    "requested_at": "now()",
    "due_at": "now()",
    "moved_at": "now()",
    "moved_by": "'star'",
}


async def insert(conn: Conn, values: dict[str, str]) -> None:
    await conn.execute(
        f"INSERT INTO payout ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608
    )


@pytest.mark.parametrize(
    ("other", "constraint"),
    [
        ({"net_minor": "966"}, "payout_fees_and_net_are_all"),
        ({"net_minor": "0", "gross_minor": "35"}, "payout_net_minor_check"),
        ({"fixed_fee_minor": "-1", "net_minor": "991"}, "payout_fixed_fee_minor_check"),
        ({"micro_diamonds": "0"}, "payout_of_earnings_takes_diamonds"),
        ({"micro_diamonds": "2001"}, "payout_reserves_no_more_than_asked"),
        (
            {"requested_micro_diamonds": "9007199254740992"},
            "payout_reserves_no_more_than_asked",
        ),
        ({"currency": "'JPY'"}, "payout_conversion_has_source"),
        ({"nano_rate": "2"}, "payout_conversion_has_source"),
        ({"worth_minor": "-1"}, "payout_worth_minor_check"),
        ({"withheld_minor": "1"}, "payout_fees_and_net_are_all"),
        ({"correction_minor": "1"}, "payout_fees_and_net_are_all"),
        ({"withheld_minor": "-1", "net_minor": "966"}, "payout_withheld_minor_check"),
        ({"withheld_minor": "1", "net_minor": "964"}, "payout_withholding_has_rule"),
        ({"withheld_bps": "1"}, "payout_withholding_has_rule"),
        ({"withholding_rule": "'TREATY'"}, "payout_withholding_has_rule"),
    ],
)
async def test_payout_that_does_not_add_up(
    database: Database, other: dict[str, str], constraint: str
) -> None:
    await settled_creator(database.pool)
    async with database.pool.acquire() as conn:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await insert(conn, PAYOUT | other)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("parts", [(), (1_999,), (2_000, 1)])
async def test_parts_are_all_of_a_payout(database: Database, parts: tuple[int, ...]) -> None:
    """Checked at commit, so that payout and parts may be written in any order."""
    await settled_creator(database.pool)

    async def work(conn: Conn) -> None:
        await insert(conn, PAYOUT)
        for version, amount in enumerate(parts, 1):
            await conn.execute(
                "INSERT INTO payout_part VALUES ($1, '2026-05-10', $2, $3)",
                PAYOUT["payout_id"].strip("'"),
                version,
                amount,
            )

    with pytest.raises(asyncpg.CheckViolationError, match="are not all of it"):
        await transact(database.pool, work)


async def test_no_payout_begins_anywhere_but_at_its_request(database: Database) -> None:
    await settled_creator(database.pool)
    async with database.pool.acquire() as conn:
        with pytest.raises(asyncpg.RestrictViolationError, match="cannot begin as QUEUED"):
            await insert(conn, PAYOUT | {"status": "'QUEUED'"})


@pytest.mark.parametrize("by", [1, -2_000_000_001])
async def test_no_diamond_is_taken_twice(database: Database, by: int) -> None:
    """Nor given back twice: the bucket itself refuses, whoever writes."""
    method = await settled_creator(database.pool)
    await request(database.pool, method, 2_000_000_000)
    taken = 10_000_000_000 - 2_000_000_000 if by > 0 else 0

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await database.pool.execute(
            "UPDATE earning_bucket SET taken_micro_diamonds = taken_micro_diamonds + $1",
            taken + by,
        )

    assert refused.value.constraint_name == "earning_bucket_taken_once"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payout SET net_minor = 1, gross_minor = 46, status = 'SUBMITTED'",
        "UPDATE payout SET method_id = gen_random_uuid(), status = 'SUBMITTED'",
        "DELETE FROM payout",
        "TRUNCATE payout CASCADE",
        "UPDATE payout_part SET micro_diamonds = 1",
        "DELETE FROM payout_part",
        "DELETE FROM payout_history",
        "UPDATE payout_history SET actor = 'nobody'",
        "DELETE FROM payout_method",
        "UPDATE payout_method SET sealed_details = 'x', status = 'DISABLED', reason = 'x'",
        "DELETE FROM payout_method_history",
        "DELETE FROM creator_review",
        "UPDATE creator_review SET decision = 'IDENTITY_VERIFIED'",
        "DELETE FROM payout_terms",
        "UPDATE payout_terms SET document = '{}'",
    ],
)
async def test_what_was_written_stays(database: Database, change: str) -> None:
    method = await settled_creator(database.pool)
    await request(database.pool, method, 2_000_000_000, at=NOW)

    with pytest.raises(asyncpg.RestrictViolationError):
        await database.pool.execute(change)
