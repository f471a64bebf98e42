"""What each gave in a room, and who gave most."""

from collections.abc import Collection, Mapping
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.room_ledger import GifterKey, Moved
from gifts.domain.room_top import TopGifter
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "room_gifter.sql")


async def add_gifters(conn: Conn, moved: Mapping[GifterKey, Moved]) -> dict[GifterKey, int]:
    """Add what gifters gave; what they have given by now."""
    return await _move(conn, "add_gifters", moved)


async def move_gifters(conn: Conn, moved: Mapping[GifterKey, Moved]) -> dict[GifterKey, int]:
    """Take back what gifters gave, or give it back; what they have given by now."""
    return await _move(conn, "move_gifters", moved)


async def select_top(
    conn: Conn, room_ids: Collection[UUID], *, limit: int
) -> dict[UUID, list[TopGifter]]:
    """The first gifters of each room, in order."""
    top: dict[UUID, list[TopGifter]] = {room_id: [] for room_id in room_ids}
    for row in await conn.fetch(STATEMENTS["select_top"], list(top), limit):
        top[row["room_id"]].append(TopGifter(row["user_id"], row["coins"], row["place"]))
    return top


async def _move(
    conn: Conn, statement: str, moved: Mapping[GifterKey, Moved]
) -> dict[GifterKey, int]:
    if not moved:
        return {}
    rows = await conn.fetch(
        STATEMENTS[statement],
        [room_id for room_id, _ in moved],
        texts([user_id for _, user_id in moved]),
        integers([each.coins for each in moved.values()]),
        integers([each.place for each in moved.values()]),
    )
    return {(row["room_id"], row["user_id"]): row["coins"] for row in rows}
