"""Publishing withholding tables: versions that never change, and leave something of a payout."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec
import pytest

from chassis.db import transact
from chassis.testing.databases import Database
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.commands.withholding_in_force import NoWithholdingError
from payouts.domain.terms import TermsRefusedError
from payouts.domain.withholding import TableRefusedError, WithholdingTable
from payouts.testing.paying import request, settled_creator, some_terms
from payouts.testing.taxing import us_table, withhold

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHIPPED = ("withholding.json", "withholding_us.json")


def shipped(name: str) -> list[WithholdingTable]:
    text = files("payouts.data").joinpath(name).read_bytes()
    return msgspec.json.decode(text, type=list[WithholdingTable])


async def publish(database: Database, *tables: WithholdingTable) -> int:
    """How many were new."""
    added = await transact(database.pool, lambda conn: publish_withholding(conn, tables, now=NOW))
    return len(added)


async def test_what_is_shipped_can_be_published(unseeded: Database) -> None:
    """The example goes on from what `seed` has published, and either may be published again."""
    assert [await publish(unseeded, *shipped(name)) for name in (*SHIPPED, *SHIPPED)] == [
        1, 1, 0, 0,
    ]  # fmt: skip


async def test_another_under_the_same_number_is_refused(database: Database) -> None:
    await withhold(database.pool)

    with pytest.raises(TableRefusedError, match="differs"):
        await publish(database, us_table(backup_bps=2_800))


async def test_terms_and_tables_leave_something_together(database: Database) -> None:
    """Whichever comes second is refused: a payout of which nothing is left could never be made."""
    later = NOW + timedelta(days=1)
    with pytest.raises(TableRefusedError, match="leaves nothing"):
        await publish(database, us_table(2, later, backup_bps=9_900))
    assert await publish(database, us_table(2, later, backup_bps=9_899)) == 1

    usd = some_terms().currencies["USD"]
    dearer = msgspec.structs.replace(usd, fee_bps=101)
    terms = some_terms(
        2, effective_from=later, currencies={"USD": dearer}, country_minimum_minor={}
    )
    with pytest.raises(TermsRefusedError, match="leaves nothing"):
        await transact(database.pool, lambda conn: publish_terms(conn, [terms], now=NOW))


async def test_without_any_table_nothing_is_paid_out(database: Database) -> None:
    """A defect that is seen, not a payout of which nothing is withheld by oversight."""
    method = await settled_creator(database.pool)
    async with database.pool.acquire() as conn:
        await conn.execute("SET session_replication_role = replica")
        await conn.execute("DELETE FROM withholding_rates")
        await conn.execute("RESET session_replication_role")

    with pytest.raises(NoWithholdingError, match="seed"):
        await request(database.pool, method, 2_000_000_000)
