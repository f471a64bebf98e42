"""Every statement fits the migrated schema, and the reads use their indexes."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from chassis.db import transaction
from chassis.testing.databases import Database
from payouts.store import (
    accruals,
    breaks,
    clawbacks,
    earnings,
    hosted_accounts,
    methods,
    payouts,
    rail_events,
    rail_watches,
    rates,
    reviews,
    sendings,
    statements,
    terms,
)
from payouts.testing import paying

STATEMENTS = {
    **accruals.STATEMENTS,
    **breaks.STATEMENTS,
    **clawbacks.STATEMENTS,
    **earnings.STATEMENTS,
    **hosted_accounts.STATEMENTS,
    **methods.STATEMENTS,
    **payouts.STATEMENTS,
    **rail_events.STATEMENTS,
    **rail_watches.STATEMENTS,
    **rates.STATEMENTS,
    **reviews.STATEMENTS,
    **sendings.STATEMENTS,
    **statements.STATEMENTS,
    **terms.STATEMENTS,
    **paying.STATEMENTS,
}
TODAY = date(2026, 5, 10)
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
STATED = ("creator-7", "9", "9:9:", JUNE, None, MAY)
SORTED = {"select_earnings", "select_lines", "select_lines_backward"}
"""A month of one creator's, or the few sums of a few."""


@pytest.mark.parametrize("name", STATEMENTS)
async def test_prepares(unseeded: Database, name: str) -> None:
    async with unseeded.pool.acquire() as conn:
        await conn.prepare(STATEMENTS[name])


@pytest.mark.parametrize(
    ("name", "arguments", "index"),
    [
        ("select_accruals", ([UUID(int=1)],), "accrual_pkey"),
        ("select_earnings", (["creator-7"], TODAY), "earning_bucket_pkey"),
        ("select_statement", ("creator-7", 2**62, 10), "clawback_of_creator"),
        ("select_maturing", ("creator-7", TODAY, 10), "earning_bucket_pkey"),
        ("select_maturing_backward", ("creator-7", TODAY, None, 10), "earning_bucket_pkey"),
        ("sum_lines", STATED, "accrual_creator"),
        ("select_lines", (*STATED, None, None, None, 10), "accrual_creator"),
        ("select_lines_backward", (*STATED, None, None, None, 10), "accrual_creator"),
    ],
)
async def test_reads_by_index(
    database: Database, name: str, arguments: tuple[object, ...], index: str
) -> None:
    """Among many creators and gifts, a read goes to its own rows, and sorts none of them."""
    async with transaction(database.pool) as conn:
        await conn.execute("""
            INSERT INTO earning_bucket (creator_id, matures_on, rate_version, micro_diamonds)
            SELECT 'creator-' || c, date '2026-05-01' + d, 1, 1
            FROM generate_series(1, 300) AS c, generate_series(1, 60) AS d;
            INSERT INTO accrual (
                gift_id, coins, micro_diamonds, rate_version, sent_at, creator_id, lot_ids,
                lot_classes, slice_coins, slice_micro_diamonds, matures_on
            )
            SELECT
                gen_random_uuid(), 1, 1, 1, now(), 'creator-1', '{1}', '{purchased}', '{1}', '{1}',
                '{2026-05-10}'
            FROM generate_series(1, 5000);
            ANALYZE earning_bucket, accrual;
        """)
        lines = await conn.fetch(f"EXPLAIN (GENERIC_PLAN) {STATEMENTS[name]}", *arguments)

    plan = "\n".join(line[0] for line in lines)
    assert index in plan
    assert "Seq Scan" not in plan
    assert name in SORTED or "Sort" not in plan
