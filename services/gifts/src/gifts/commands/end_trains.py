"""End trains whose time is over, and those of rooms that close."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from gifts.commands.tell_owed import tell_owed
from gifts.domain.room_rules import RoomRules
from gifts.store import train as store
from gifts.store.room import lock_rooms

TRAINS_AT_ONCE = 20
"""In one transaction: it holds the locks of their rooms, which settling waits for."""


async def end_due_trains(conn: Conn, rules: RoomRules, *, at: datetime) -> bool:
    """End the trains that have waited longest for it, and tell viewers; whether there may be more.

    Several processes may do this at the same time: whoever locks a room first has done it when the
    others get to it.

    Args:
        conn: An open transaction.
        rules: Of rooms, in force.
        at: Now.
    """
    due = await store.select_due(conn, at=at, limit=TRAINS_AT_ONCE)
    if not due:
        return False
    rooms = await lock_rooms(conn, due)
    ended = await end_trains(conn, due, at=at)
    await tell_owed(conn, [room for room in rooms if room.room_id in ended], rules, at=at)
    return len(due) == TRAINS_AT_ONCE


async def end_trains(
    conn: Conn, room_ids: Collection[UUID], *, at: datetime, closing: bool = False
) -> set[UUID]:
    """End the trains of rooms whose time is over, or all, where the rooms close; which rooms'.

    Args:
        conn: An open transaction that has locked the rooms, and tells viewers.
        room_ids: The rooms.
        at: Now.
        closing: Whether they close.
    """
    platforms = await store.select_platforms(conn, room_ids)
    trains = [each.train for each in platforms.values() if each.train is not None]
    ended = [train for train in trains if train.end_if_over(at, closing=closing)]
    await store.update_trains(conn, ended)
    return {train.room_id for train in ended}
