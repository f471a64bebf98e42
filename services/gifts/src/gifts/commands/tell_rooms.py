"""Tell viewers of rooms what has happened there, in frames."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from chassis.db import Conn
from chassis.outbox import Outgoing
from contracts.gifts.live import RoomFrame
from gifts.commands.end_streaks import end_streaks
from gifts.domain.battle_frame import battle_shown
from gifts.domain.room import Room
from gifts.domain.room_frame import NOTHING, frame_of
from gifts.domain.room_line import LINES_MAX, Chosen, Line, add_waiting, choose, merge, read_waiting
from gifts.domain.room_rules import RoomRules, is_frame_due, is_keyframe_due
from gifts.domain.room_streak import Streaks, end_line
from gifts.store import room as store
from gifts.store import room_streak as streak_store
from gifts.store.battle import newest_battles

STREAMS: Final = 8
"""Of the outbox, for frames: a room's are all in one, whoever makes them, and so stay in order."""


class Told(NamedTuple):
    """What came of telling."""

    rooms: Sequence[Room]
    frames: Sequence[RoomFrame]


async def tell_rooms(
    conn: Conn,
    rooms: Sequence[Room],
    rules: RoomRules,
    *,
    at: datetime,
    lines: dict[UUID, list[Line]] | None = None,
    streaks: Streaks | None = None,
    closing: Collection[UUID] = (),
) -> Told:
    """Write how rooms stand, with the next frame of those whose newest one is old enough.

    What has no frame yet waits for it: the clock makes it, or whatever happens there next. A frame
    gets its number in the transaction that writes it, so that no number is ever left out. Streaks
    that are over end with it.

    Args:
        conn: An open transaction that has locked the rooms.
        rooms: As they stand now, but for what frames change.
        rules: In force.
        at: Now.
        lines: What is to be shown of them, by room.
        streaks: That have changed; they are written.
        closing: Which of the rooms close, and so all of their streaks end.

    Returns:
        The rooms as they are written, and the frames, to be published by this transaction: see
        `stream_of`.
    """
    lines = {} if lines is None else lines
    streaks = Streaks((), rules) if streaks is None else streaks
    rooms = await end_streaks(conn, rooms, streaks, lines, rules, closing=closing, at=at)
    due = [room for room in rooms if room.untold and is_frame_due(room, rules, at)]
    chosen = await _choose(conn, due, lines, streaks)
    await _write_streaks(conn, streaks, at)
    owing = {streak.room_id for streak in streaks.owed()}
    frames: list[RoomFrame] = []
    after: list[Room] = []
    keyframes: set[UUID] = set()
    for room in rooms:
        room_id = room.room_id
        shown = chosen.get(room_id)
        if shown is not None:
            standing = msgspec.structs.replace(
                room,
                seq=room.seq + 1,
                framed_at=at,
                told_at=at,
                untold=shown.ends_left,
                owes_ends=shown.ends_left,
                waiting=b"",
            )
        elif room.untold:
            added = lines.get(room_id)
            standing = msgspec.structs.replace(
                room,
                waiting=add_waiting(room.waiting, added) if added else room.waiting,
                owes_ends=room.owes_ends or room_id in owing,
            )
        elif is_keyframe_due(room, rules, at):
            standing = msgspec.structs.replace(room, told_at=at)
            keyframes.add(room_id)
        else:
            standing = room
        after.append(standing)
    battled = [
        room.room_id
        for room in after
        if room.has_battled and (room.room_id in chosen or room.room_id in keyframes)
    ]
    newest = await newest_battles(conn, battled) if battled else {}
    battles = {room_id: battle_shown(battle, at) for room_id, battle in newest.items()}
    frames = [
        frame_of(
            room,
            chosen.get(room.room_id, NOTHING),
            at=at,
            keyframe=room.room_id in keyframes,
            battle=battles.get(room.room_id),
        )
        for room in after
        if room.room_id in chosen or room.room_id in keyframes
    ]
    await store.update_rooms(conn, after, rules, at=at)
    return Told(after, frames)


async def _choose(
    conn: Conn, rooms: Sequence[Room], lines: Mapping[UUID, Sequence[Line]], streaks: Streaks
) -> dict[UUID, Chosen]:
    """What the frames of rooms show; it is noted as told."""
    if not rooms:
        return {}
    ends: dict[UUID, list[Line]] = {}
    owing = [room.room_id for room in rooms if room.owes_ends]
    if owing:
        for streak in await streak_store.select_owed(conn, owing, limit=LINES_MAX + 1):
            ends.setdefault(streak.room_id, []).append(end_line(streak))
    for streak in streaks.owed():
        ends.setdefault(streak.room_id, []).append(end_line(streak))
    chosen = {
        room.room_id: choose(
            merge([*read_waiting(room.waiting), *lines.get(room.room_id, ())]),
            ends.get(room.room_id, ()),
        )
        for room in rooms
    }
    others = streaks.tell(
        {
            line.streak_id: line.ended
            for each in chosen.values()
            for line in each.lines
            if line.streak_id is not None
        }
    )
    if others:
        await streak_store.note_told(conn, others)
    return chosen


async def _write_streaks(conn: Conn, streaks: Streaks, at: datetime) -> None:
    # Those that end first: of each key one at most may be open.
    earlier, new = streaks.touched()
    ended = streaks.only_ended()
    if ended:
        await streak_store.end_streaks(conn, ended, at=at)
    if earlier:
        await streak_store.update_streaks(conn, earlier)
    if new:
        await streak_store.insert_streaks(conn, new)


def stream_of(room_id: UUID) -> str:
    """The stream of the outbox that a room's frames are published by."""
    return f"live:{room_id.int % STREAMS}"


def outgoing_of(frames: Sequence[RoomFrame]) -> dict[str, Outgoing]:
    """Frames by the streams that they are published by."""
    outgoing: dict[str, Outgoing] = {}
    for frame in frames:
        outgoing.setdefault(stream_of(frame.room_id), Outgoing()).add(frame)
    return outgoing
