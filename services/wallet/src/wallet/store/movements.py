"""The journal: append-only, one row per command."""

from collections.abc import Sequence
from uuid import UUID

from chassis import sql
from chassis.db import Conn, copy_rows
from wallet.domain.ledger import Movement
from wallet.store.movement_rows import encode

STATEMENTS = sql.load("wallet.store", "movements.sql")


async def select_recorded(conn: Conn, movement_ids: Sequence[UUID]) -> list[Movement]:
    """The movements that the journal has under these ids."""
    rows = await conn.fetch(STATEMENTS["select_recorded"], movement_ids)
    return [Movement(*row) for row in rows]


async def append_movements(conn: Conn, movements: Sequence[Movement]) -> None:
    """Add rows.

    Raises:
        asyncpg.UniqueViolationError: An id or a version of an account is in the journal already;
            the transaction is lost.
    """
    await copy_rows(conn, "movement", Movement.__struct_fields__, encode(movements))
