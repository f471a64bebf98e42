"""Do what is due in rooms by the clock: streaks end, frames are made, rooms close."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chassis import outbox
from chassis.db import Conn
from gifts.commands.end_trains import end_trains
from gifts.commands.tell_rooms import outgoing_of, tell_rooms
from gifts.domain.room import Room
from gifts.domain.room_rules import RoomRules, is_left_behind
from gifts.store import room as store

ROOMS_AT_ONCE = 100
"""In one transaction: it holds their locks, which settling waits for."""


async def tend_due_rooms(conn: Conn, rules: RoomRules, *, at: datetime) -> bool:
    """Look at the rooms that have waited longest; whether there may be more.

    Several processes may do this at the same time: each room is looked at by one of them.

    Args:
        conn: An open transaction.
        rules: In force.
        at: Now.
    """
    rooms = await store.lock_due(conn, at=at, limit=ROOMS_AT_ONCE)
    if rooms:
        closing = {room.room_id for room in rooms if is_left_behind(room, rules, at)}
        await tend_rooms(conn, rooms, rules, closing=closing, at=at)
    return len(rooms) == ROOMS_AT_ONCE


async def tend_rooms(
    conn: Conn,
    rooms: Sequence[Room],
    rules: RoomRules,
    *,
    closing: Collection[UUID],
    at: datetime,
) -> Sequence[Room]:
    """End the streaks whose window is over, close rooms with all of theirs, and make frames.

    Args:
        conn: An open transaction that has locked the rooms.
        rooms: As they stand.
        rules: In force.
        closing: Which of them close.
        at: Now.

    Returns:
        The rooms as they stand now.
    """
    after = [
        msgspec.structs.replace(room, closed_at=at, untold=True)
        if room.room_id in closing
        else room
        for room in rooms
    ]
    if closing:
        await end_trains(conn, closing, at=at, closing=True)
    told = await tell_rooms(conn, after, rules, closing=closing, at=at)
    await outbox.append(conn, outgoing_of(told.frames))
    return told.rooms
