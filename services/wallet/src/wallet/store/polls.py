"""How far the lists of stores have been read."""

from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("wallet.store", "polls.sql")


class Poll(NamedTuple):
    """A list that is to be read now."""

    read_until: datetime | None
    """All that was listed before is recorded; None: nothing has been read yet."""


async def ensure_poll(conn: Conn, provider: str, *, at: datetime) -> None:
    """Add a store's list, due at once; nothing happens where it was there."""
    await conn.execute(STATEMENTS["ensure_poll"], provider, at)


async def take_poll(
    conn: Conn, provider: str, *, at: datetime, due_again_at: datetime
) -> Poll | None:
    """The list if it is due, put off for whoever comes next; None otherwise."""
    row = await conn.fetchrow(STATEMENTS["take_poll"], provider, at, due_again_at)
    return None if row is None else Poll(row["read_until"])


async def update_read_until(conn: Conn, provider: str, read_until: datetime) -> None:
    """Note how far a list has been read."""
    await conn.execute(STATEMENTS["update_read_until"], provider, read_until)


async def find_read_until(conn: Conn, provider: str) -> datetime | None:
    """How far a list has been read; None where it never was."""
    return await conn.fetchval(STATEMENTS["find_read_until"], provider)
