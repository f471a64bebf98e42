"""What is withheld, as it lies in the database."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chassis import sql
from chassis.db import Conn
from payouts.domain.withholding import WithholdingTable

STATEMENTS = sql.load("payouts.store", "withholding_rates.sql")

_decode = msgspec.json.Decoder(WithholdingTable).decode


async def lock_tables(conn: Conn) -> None:
    """Keep other publishers out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_tables"])


async def select_tables(conn: Conn) -> Sequence[WithholdingTable]:
    """Every version, oldest first."""
    return [_decode(row["document"]) for row in await conn.fetch(STATEMENTS["select_tables"])]


async def find_table_in_force(conn: Conn, at: datetime) -> WithholdingTable | None:
    """The version in force at a moment."""
    document = await conn.fetchval(STATEMENTS["find_table_in_force"], at)
    return None if document is None else _decode(document)


async def find_table(conn: Conn, version: int) -> WithholdingTable | None:
    """A version by its number."""
    document = await conn.fetchval(STATEMENTS["find_table"], version)
    return None if document is None else _decode(document)


async def insert_table(conn: Conn, table: WithholdingTable) -> None:
    """Add a version; it can never be changed."""
    document = msgspec.json.encode(table).decode()
    await conn.execute(STATEMENTS["insert_table"], table.version, table.effective_from, document)
