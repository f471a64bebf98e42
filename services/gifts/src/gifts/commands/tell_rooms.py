"""Tell viewers of rooms what has happened there, in frames."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from chassis.db import Conn
from chassis.outbox import Outgoing
from contracts.gifts.live import FrameBattle, RoomFrame
from gifts.commands.choose_lines import choose_lines
from gifts.commands.end_streaks import end_streaks
from gifts.commands.tell_trains import Running, note_trains_told, running_trains, shown_of
from gifts.domain.battle_frame import battle_shown
from gifts.domain.room import Gifter, Room
from gifts.domain.room_frame import NOTHING, frame_of
from gifts.domain.room_line import Chosen, Line, add_waiting
from gifts.domain.room_rules import RoomRules, gets_frames, is_frame_due, is_keyframe_due
from gifts.domain.room_streak import Streaks
from gifts.domain.room_top import gifters_of
from gifts.domain.train import Platform
from gifts.store import room as store
from gifts.store import room_streak as streak_store
from gifts.store.battle import newest_battles
from gifts.store.board import select_named

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
    rules: RoomRules,
    *,
    at: datetime,
    lines: dict[UUID, list[Line]] | None = None,
    streaks: Streaks | None = None,
    platforms: Mapping[UUID, Platform] | None = None,
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
        platforms: The trains of those that are open; they are looked up unless told.
        closing: Which of the rooms close, and so all of their streaks end.

    Returns:
        The rooms as they are written, and the frames, to be published by this transaction: see
        `stream_of`.
    """
    lines = {} if lines is None else lines
    streaks = Streaks((), rules) if streaks is None else streaks
    rooms = await end_streaks(conn, rooms, streaks, lines, rules, closing=closing, at=at)
    due = [room for room in rooms if is_frame_due(room, rules, at)]
    calm = [
        room
        for room in rooms
        if not room.untold and gets_frames(room, rules) and is_keyframe_due(room, rules, at)
    ]
    chosen = await choose_lines(conn, due, lines, streaks)
    await _write_streaks(conn, streaks, at)
    owing = {streak.room_id for streak in streaks.owed()}
    shown = await _look_up(conn, [*due, *calm], chosen.values(), platforms, at)
    after = [
        _framed(room, chosen[room.room_id], at)
        if room.room_id in chosen
        else _waiting(room, lines.get(room.room_id, ()), rules, owes=room.room_id in owing, at=at)
        for room in rooms
    ]
    frames = [
        _frame_of(room, chosen.get(room.room_id), shown, rules, at)
        for room in after
        if room.room_id in shown.top
    ]
    await note_trains_told(
        conn, [shown.trains[room_id] for room_id in chosen if room_id in shown.trains]
    )
    await store.update_rooms(conn, after, rules, at=at)
    return Told(after, frames)


def _framed(room: Room, chosen: Chosen, at: datetime) -> Room:
    """A room once its frame is made."""
    return msgspec.structs.replace(
        room,
        seq=room.seq + 1,
        framed_at=at,
        told_at=at,
        untold=chosen.ends_left,
        owes_ends=chosen.ends_left,
        waiting=b"",
    )


def _waiting(
    room: Room, added: Sequence[Line], rules: RoomRules, *, owes: bool, at: datetime
) -> Room:
    """A room that gets no frame with anything new; what is untold waits for one.

    Where there are none, only what is to be taken down waits: what was given would wait for ever.
    """
    if not gets_frames(room, rules):
        added = [line for line in added if line.removed]
    return msgspec.structs.replace(
        room,
        # A keyframe is told now, or would be: the clock need not come back before the next.
        told_at=at if is_keyframe_due(room, rules, at) else room.told_at,
        waiting=add_waiting(room.waiting, added) if added else room.waiting,
        owes_ends=room.owes_ends or owes,
    )


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


async def _look_up(
    conn: Conn,
    rooms: Sequence[Room],
    chosen: Iterable[Chosen],
    platforms: Mapping[UUID, Platform] | None,
    at: datetime,
) -> _Shown:
    """What frames of these rooms tell besides what was `chosen`."""
    if not rooms:
        return _Shown({}, {}, {}, {})
    top = {room.room_id: gifters_of(room.top) for room in rooms}
    battled = [room.room_id for room in rooms if room.has_battled]
    newest = await newest_battles(conn, battled) if battled else {}
    trains = await running_trains(conn, rooms, platforms)
    user_ids = {line.sender_id for each in chosen for line in each.lines}
    for gifters in (*top.values(), *(each.top for each in trains.values())):
        user_ids.update(gifter.user_id for gifter in gifters)
    return _Shown(
        top,
        {room_id: battle_shown(battle, at) for room_id, battle in newest.items()},
        trains,
        await select_named(conn, user_ids),
    )


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
