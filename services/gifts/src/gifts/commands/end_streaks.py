"""End streaks whose time is over."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chassis.db import Conn
from gifts.domain.room import Room
from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules, has_aged
from gifts.domain.room_streak import Streaks
from gifts.store import room_streak as store


async def end_streaks(
    conn: Conn,
    rooms: Sequence[Room],
    streaks: Streaks,
    lines: dict[UUID, list[Line]],
    rules: RoomRules,
    *,
    closing: Collection[UUID],
    at: datetime,
) -> list[Room]:
    """End the streaks of rooms whose window is over, and all of those that close.

    Only where a frame can tell it, and not all the time: that nobody goes on is not urgent, and
    each search reads all open streaks of the room.

    Args:
        conn: An open transaction that has locked the rooms.
        rooms: As they stand.
        streaks: In hand. Those that end come to them, and are still to be written.
        lines: What is to be shown of rooms; ends that are shown with what waits are added.
        rules: In force.
        closing: Which of the rooms close.
        at: Now.

    Returns:
        The rooms as they stand now.
    """
    ending = {
        room.room_id: None if room.room_id in closing else at
        for room in rooms
        if room.streaks_end_at is not None
        and (room.room_id in closing or (room.streaks_end_at <= at and has_aged(room, rules, at)))
    }
    if not ending:
        return list(rooms)
    seqs = {room.room_id: room.seq for room in rooms}
    found = await store.select_over(conn, ending)
    staying = [room_id for room_id, ends_at in ending.items() if ends_at is not None]
    going_on = await store.select_going_on(conn, staying, at=at) if staying else set[UUID]()
    # Those in hand are newer than their rows.
    over = [
        *(streak for streak in found if streak.streak_id not in streaks),
        *streaks.over(ending, at),
    ]
    owing: set[UUID] = set()
    for streak in over:
        room_id = streak.room_id
        mark = streaks.end(streak, seq=seqs[room_id], at=at)
        if mark is not None:
            lines.setdefault(room_id, []).append(mark)
        if streak.end_owed or mark is not None:
            owing.add(room_id)
    # Of those that go on nobody looks for the first to end: the next search finds what is over.
    next_ends = streaks.next_ends() | dict.fromkeys(going_on, at)
    return [
        msgspec.structs.replace(
            room,
            untold=room.untold or room.room_id in owing,
            streaks_end_at=_search_at(next_ends.get(room.room_id), at + rules.ends_every),
        )
        if room.room_id in ending
        else room
        for room in rooms
    ]


def _search_at(first_ends_at: datetime | None, earliest: datetime) -> datetime | None:
    return None if first_ends_at is None else max(first_ends_at, earliest)
