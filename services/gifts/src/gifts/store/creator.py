"""Who takes gifts."""

from collections.abc import Sequence
from datetime import datetime

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("gifts.store", "creator.sql")


async def ensure_creator(
    conn: Conn, creator_id: str, *, accepts_gifts: bool, changed_at: datetime
) -> None:
    """Set whether a creator takes gifts, from this transaction's commit on."""
    await conn.execute(STATEMENTS["ensure_creator"], creator_id, accepts_gifts, changed_at)


async def select_accepting(conn: Conn, creator_ids: Sequence[str]) -> set[str]:
    """Those of the creators who take gifts."""
    rows = await conn.fetch(STATEMENTS["select_accepting"], creator_ids)
    return {row["creator_id"] for row in rows}
