"""The rooms that are open."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.room import Room
from gifts.store.room import room_of

STATEMENTS = sql.load("gifts.store", "open_room.sql")

type OpenPlace = tuple[int, datetime, UUID]
"""Of a room in the list: its gifters, or 0 where they do not count; when it was opened; its id."""


def place_of(room: Room, *, by_gifters: bool) -> OpenPlace:
    """Where a room is in the list."""
    return (room.gifters if by_gifters else 0, room.opened_at, room.room_id)


async def select_open(
    conn: Conn, *, by_gifters: bool, beyond: OpenPlace | None, limit: int, backward: bool
) -> Sequence[Room]:
    """Rooms that are open, beyond a place: those with fewer gifters, then older ones; or backward.

    Args:
        conn: A connection.
        by_gifters: Those to which most people have given come first; else the newest.
        beyond: The place of a room, by the same order; None: from the end of the list.
        limit: Rooms at most.
        backward: Whether to read from the last to the first.
    """
    statement = STATEMENTS[f"select_open_{'last' if backward else 'first'}"]
    rows = await conn.fetch(statement, by_gifters, *(beyond or (None, None, None)), limit)
    return [room_of(row) for row in rows]
