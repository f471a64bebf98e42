"""Tell viewers of rooms what has happened there, in frames."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from chassis.db import Conn
from chassis.outbox import Outgoing
from contracts.gifts.live import FrameBattle, RoomFrame
from gifts.commands.tell_trains import Running, note_trains_told, running_trains, shown_of
from gifts.domain.battle_frame import battle_shown
from gifts.domain.room import Gifter, Room
from gifts.domain.room_frame import GIFTERS_SHOWN, NOTHING, frame_of
from gifts.domain.room_line import LINES_MAX, Chosen, Line, choose, hush, merge
from gifts.domain.room_rules import RoomRules, is_frame_due, is_keyframe_due
from gifts.domain.room_streak import end_line
from gifts.store import room as store
from gifts.store.battle import newest_battles
from gifts.store.board import select_named
from gifts.store.message import select_silenced
from gifts.store.room_entry import insert_entries, take_entries
from gifts.store.room_gifter import select_top
from gifts.store.room_streak import note_told, select_owed

STREAMS: Final = 8
"""Of the outbox, for frames: a room's are all in one, whoever makes them, and so stay in order."""


class Told(NamedTuple):
    """What came of telling."""

    rooms: Sequence[Room]
    frames: Sequence[RoomFrame]


class _Shown(NamedTuple):
    """What frames tell of rooms besides what was given since the last ones; by room."""

    top: Mapping[UUID, Sequence[Gifter]]
    """Of every room that gets a frame."""
    battles: Mapping[UUID, FrameBattle | None]
    trains: Mapping[UUID, Running]
    named: Mapping[str, str | None]
    """By user: who of all of them agreed, and what they call themselves."""


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
    due = {room.room_id for room in rooms if room.untold and is_frame_due(room, rules, at)}
    calm = {room.room_id for room in rooms if not room.untold and is_keyframe_due(room, rules, at)}
    waiting = {room_id: each for room_id, each in lines.items() if each and room_id not in due}
    if waiting:
        await insert_entries(conn, waiting)
    chosen = await _choose(conn, due, lines) if due else {}
    shown = await _look_up(conn, [*due, *calm], chosen.values(), at)
    frames: list[RoomFrame] = []
    after: list[Room] = []
    for room in rooms:
        standing = room
        if room.room_id in chosen:
            standing = msgspec.structs.replace(
                room,
                seq=room.seq + 1,
                framed_at=at,
                told_at=at,
                untold=chosen[room.room_id].ends_left,
            )
        elif room.room_id in shown.top:
            standing = msgspec.structs.replace(room, told_at=at)
        if room.room_id in shown.top:
            frames.append(_frame_of(standing, chosen.get(room.room_id), shown, rules, at))
        after.append(standing)
    await note_trains_told(
        conn, [shown.trains[room_id] for room_id in due if room_id in shown.trains]
    )
    await store.update_rooms(conn, after, rules)
    return Told(after, frames)


def _frame_of(
    room: Room, chosen: Chosen | None, shown: _Shown, rules: RoomRules, at: datetime
) -> RoomFrame:
    """The next frame of a room; where nothing was chosen for it, its newest one again."""
    keyframe = chosen is None
    return frame_of(
        room,
        chosen or NOTHING,
        shown.top[room.room_id],
        shown.named,
        at=at,
        keyframe=keyframe,
        battle=shown.battles.get(room.room_id),
        train=shown_of(shown.trains.get(room.room_id), shown.named, keyframe=keyframe),
        regret_window=rules.regret_window,
    )


async def _choose(
    conn: Conn, room_ids: Collection[UUID], lines: Mapping[UUID, Sequence[Line]]
) -> dict[UUID, Chosen]:
    """What the frames of rooms show; it is noted as told."""
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
    await _hush(conn, chosen.values())
    return chosen


async def _hush(conn: Conn, chosen: Iterable[Chosen]) -> None:
    """Leave out messages that are withheld or removed by now.

    Under the locks of the rooms, which whoever removes one takes, too: it is left out here, or a
    later frame says that it is removed.
    """
    speaking = [line.gift_id for each in chosen for line in each.lines if line.message is not None]
    silenced = await select_silenced(conn, speaking) if speaking else ()
    if silenced:
        for each in chosen:
            hush(each, silenced)


async def _look_up(
    conn: Conn, room_ids: Sequence[UUID], chosen: Iterable[Chosen], at: datetime
) -> _Shown:
    """What frames of these rooms tell besides what was `chosen`."""
    if not room_ids:
        return _Shown({}, {}, {}, {})
    top = await select_top(conn, room_ids, limit=GIFTERS_SHOWN)
    newest = await newest_battles(conn, room_ids)
    trains = await running_trains(conn, room_ids)
    user_ids = {line.sender_id for each in chosen for line in each.lines}
    for gifters in (*top.values(), *(each.top for each in trains.values())):
        user_ids.update(gifter.user_id for gifter in gifters)
    return _Shown(
        top,
        {room_id: battle_shown(battle, at) for room_id, battle in newest.items()},
        trains,
        await select_named(conn, user_ids),
    )


def stream_of(room_id: UUID) -> str:
    """The stream of the outbox that a room's frames are published by."""
    return f"live:{room_id.int % STREAMS}"


def outgoing_of(frames: Sequence[RoomFrame]) -> dict[str, Outgoing]:
    """Frames by the streams that they are published by."""
    outgoing: dict[str, Outgoing] = {}
    for frame in frames:
        outgoing.setdefault(stream_of(frame.room_id), Outgoing()).add(frame)
    return outgoing
