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
from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules, is_left_behind
from gifts.domain.room_streak import end
from gifts.store import room as store
from gifts.store import room_streak as streaks

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
    marks: dict[UUID, list[Line]] = {}
    owing = await _end_streaks(conn, rooms, closing, marks, at)
    next_ends = await streaks.select_next_ends(conn, owing) if owing else {}
    after: list[Room] = []
    for room in rooms:
        room_id = room.room_id
        changes: dict[str, object] = {}
        if room_id in owing:
            changes |= {
                "streaks_end_at": next_ends.get(room_id),
                "untold": room.untold or owing[room_id],
            }
        if room_id in closing:
            changes |= {"closed_at": at, "untold": True}
        after.append(msgspec.structs.replace(room, **changes))
    if closing:
        await end_trains(conn, closing, at=at, closing=True)
    told = await tell_rooms(conn, after, marks, rules, at=at)
    await outbox.append(conn, outgoing_of(told.frames))
    return told.rooms


async def _end_streaks(
    conn: Conn,
    rooms: Sequence[Room],
    closing: Collection[UUID],
    marks: dict[UUID, list[Line]],
    at: datetime,
) -> dict[UUID, bool]:
    """End what is over; per room that was looked at, whether viewers are to be told of an end."""
    ending = {
        room.room_id: None if room.room_id in closing else at
        for room in rooms
        if room.streaks_end_at is not None
        and (room.room_id in closing or room.streaks_end_at <= at)
    }
    owing = dict.fromkeys(ending, False)
    if not ending:
        return owing
    seqs = {room.room_id: room.seq for room in rooms}
    over = await streaks.select_open_in(conn, ending)
    for streak in over:
        mark = end(streak, seq=seqs[streak.room_id], at=at)
        if mark is not None:
            marks.setdefault(streak.room_id, []).append(mark)
        owing[streak.room_id] |= streak.end_owed or mark is not None
    if over:
        await streaks.update_streaks(conn, over)
    return owing
