"""The local stack's withholding table: published once, whatever happens in between."""

import json
from datetime import UTC, datetime

import asyncpg
import pytest

from local_stack import preparation, tax_table
from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.problem import LocalProblemError

BEFORE_ALL = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def prepared(home: Home, addresses: Addresses) -> Addresses:
    """With the first content of payouts, of which nothing is withheld."""
    preparation.prepare(home, addresses, ["payouts"], {})
    return addresses


async def documents(home: Home, addresses: Addresses) -> list[dict[str, object]]:
    """What is published, oldest first."""
    conn = await asyncpg.connect(addresses.database_dsn(home, "payouts"))
    try:
        rows = await conn.fetch("SELECT document FROM withholding_rates ORDER BY version")
    finally:
        await conn.close()
    return [json.loads(row["document"]) for row in rows]


async def test_it_is_published_once(home: Home, prepared: Addresses) -> None:
    """It lies ahead; whoever has declared nothing and lives at home is not withheld from."""
    first = tax_table.publish(home, prepared)
    again = tax_table.publish(home, prepared)

    assert first == again
    assert first.effective_from > datetime.now(UTC)
    assert first.treaty_bps["IN"] == 1_500
    published = await documents(home, prepared)
    assert [each["version"] for each in published] == [1, 2]
    assert (published[1]["backup_bps"], published[1]["foreign_bps"]) == (0, 3_000)


async def test_a_stack_that_was_killed_before_it_had_published(
    home: Home, prepared: Addresses
) -> None:
    """Its table would begin in the past by now; another one is dated."""
    tax_table.publish(home, prepared)
    file = home.data("withholding.json")
    left = json.loads(file.read_text())
    left[-1]["effective_from"] = BEFORE_ALL
    file.write_text(json.dumps(left))
    conn = await asyncpg.connect(prepared.database_dsn(home, "payouts"))
    try:
        await conn.execute("ALTER TABLE withholding_rates DISABLE TRIGGER USER")
        await conn.execute("DELETE FROM withholding_rates WHERE version = 2")
    finally:
        await conn.close()

    assert tax_table.publish(home, prepared).effective_from > datetime.now(UTC)
    assert len(await documents(home, prepared)) == 2


async def test_somebody_elses_table_is_a_problem(home: Home, prepared: Addresses) -> None:
    """Versions never change: what the service says of it is passed on."""
    tax_table.publish(home, prepared)
    home.data("withholding.json").unlink()

    with pytest.raises(LocalProblemError, match="version 2 is published already and differs"):
        tax_table.publish(home, prepared)
