"""Tell viewers of rooms what has happened there, in frames."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from chassis.db import Conn
from chassis.outbox import Outgoing
from contracts.gifts.live import RoomFrame
from gifts.domain.battle_frame import battle_shown
from gifts.domain.room import Gifter, Room
from gifts.domain.room_frame import GIFTERS_SHOWN, NOTHING, frame_of
from gifts.domain.room_line import LINES_MAX, Chosen, Line, choose, merge
from gifts.domain.room_rules import RoomRules, is_frame_due, is_keyframe_due
from gifts.domain.room_streak import end_line
from gifts.store import room as store
from gifts.store.battle import newest_battles
from gifts.store.board import select_shown
from gifts.store.room_entry import insert_entries, take_entries
from gifts.store.room_gifter import select_top
from gifts.store.room_streak import note_told, select_owed

STREAMS: Final = 8
"""Of the outbox, for frames: a room's are all in one, whoever makes them, and so stay in order."""


class Told(NamedTuple):
    """What came of telling."""

    rooms: Sequence[Room]
    frames: Sequence[RoomFrame]


async def tell_rooms(
    conn: Conn,
    rooms: Sequence[Room],
    lines: Mapping[UUID, Sequence[Line]],
    rules: RoomRules,
    *,
    at: datetime,
) -> Told:
    """Write how rooms stand, with the next frame of those whose newest one is old enough.

    What has no frame yet waits for it: the clock makes it, or whatever happens there next. A frame
    gets its number in the transaction that writes it, so that no number is ever left out.

    Args:
        conn: An open transaction that has locked the rooms.
        rooms: As they stand now, but for what frames change.
        lines: What is to be shown of them, by room.
        rules: In force.
        at: Now.

    Returns:
        The rooms as they are written, and the frames, to be published by this transaction: see
        `stream_of`.
    """
    due = [room for room in rooms if room.untold and is_frame_due(room, rules, at)]
    calm = [room for room in rooms if not room.untold and is_keyframe_due(room, rules, at)]
    told = {room.room_id for room in due}
    waiting = {room_id: each for room_id, each in lines.items() if each and room_id not in told}
    if waiting:
        await insert_entries(conn, waiting)
    chosen = await _choose(conn, due, lines) if due else {}
    shown_in = [room.room_id for room in (*due, *calm)]
    top = await select_top(conn, shown_in, limit=GIFTERS_SHOWN) if shown_in else {}
    newest = await newest_battles(conn, shown_in) if shown_in else {}
    battles = {room_id: battle_shown(battle, at) for room_id, battle in newest.items()}
    named = await _named(conn, chosen.values(), top.values())
    frames: list[RoomFrame] = []
    after: list[Room] = []
    for room in rooms:
        standing = room
        if room.room_id in told:
            shown = chosen[room.room_id]
            standing = msgspec.structs.replace(
                room, seq=room.seq + 1, framed_at=at, told_at=at, untold=shown.ends_left
            )
            frames.append(
                frame_of(
                    standing,
                    shown,
                    top[room.room_id],
                    named,
                    at=at,
                    battle=battles.get(room.room_id),
                )
            )
        elif room.room_id in top:
            standing = msgspec.structs.replace(room, told_at=at)
            frames.append(
                frame_of(
                    standing,
                    NOTHING,
                    top[room.room_id],
                    named,
                    at=at,
                    keyframe=True,
                    battle=battles.get(room.room_id),
                )
            )
        after.append(standing)
    await store.update_rooms(conn, after, rules)
    return Told(after, frames)


async def _choose(
    conn: Conn, rooms: Sequence[Room], lines: Mapping[UUID, Sequence[Line]]
) -> dict[UUID, Chosen]:
    """What the frames of rooms show; it is noted as told."""
    room_ids = [room.room_id for room in rooms]
    waited = await take_entries(conn, room_ids)
    owed = await select_owed(conn, room_ids, limit=LINES_MAX + 1)
    chosen = {
        room_id: choose(
            merge([*waited[room_id], *lines.get(room_id, ())]),
            [end_line(streak) for streak in owed[room_id]],
        )
        for room_id in room_ids
    }
    streaks = {
        line.streak_id: line.ended
        for each in chosen.values()
        for line in each.lines
        if line.streak_id is not None
    }
    if streaks:
        await note_told(conn, streaks)
    return chosen


async def _named(conn: Conn, chosen: Iterable[Chosen], top: Iterable[Sequence[Gifter]]) -> set[str]:
    """Of those whom frames could name, who agreed."""
    user_ids = {line.sender_id for each in chosen for line in each.lines}
    user_ids |= {gifter.user_id for each in top for gifter in each}
    return await select_shown(conn, user_ids)


def stream_of(room_id: UUID) -> str:
    """The stream of the outbox that a room's frames are published by."""
    return f"live:{room_id.int % STREAMS}"


def outgoing_of(frames: Sequence[RoomFrame]) -> dict[str, Outgoing]:
    """Frames by the streams that they are published by."""
    outgoing: dict[str, Outgoing] = {}
    for frame in frames:
        outgoing.setdefault(stream_of(frame.room_id), Outgoing()).add(frame)
    return outgoing
