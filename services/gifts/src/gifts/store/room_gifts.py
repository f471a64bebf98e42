"""Whether rooms take gifts."""

from collections.abc import Collection
from uuid import UUID

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("gifts.store", "room_gifts.sql")


async def update_takes_gifts(conn: Conn, room_id: UUID, *, takes_gifts: bool) -> None:
    """Set whether a room takes gifts, from this transaction's commit on."""
    await conn.execute(STATEMENTS["update_takes_gifts"], room_id, takes_gifts)


async def select_accepting(conn: Conn, room_ids: Collection[UUID]) -> set[UUID]:
    """Those of the rooms to which gifts can be sent now."""
    rows = await conn.fetch(STATEMENTS["select_accepting"], list(room_ids))
    return {row["room_id"] for row in rows}
