"""How live rooms keep time."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gifts.domain.room import Room


class RoomRules(NamedTuple):
    """Settings of the service, so that all its processes go by the same."""

    streak_window: timedelta = timedelta(seconds=5)
    """A tap joins the streak if it comes within this time of the one before (C12)."""
    streak_length_max: timedelta = timedelta(minutes=30)
    """From its first tap on."""
    ends_every: timedelta = timedelta(seconds=1)
    """From one search of a room for streaks that are over to the next, at least."""
    frame_every: timedelta = timedelta(milliseconds=250)
    """From one frame of a room to the next, at least."""
    frame_every_busy: timedelta = timedelta(seconds=1)
    """The same where so many rooms are busy that their frames would keep a worker from gifts."""
    keyframe_every: timedelta = timedelta(seconds=15)
    """How long an open room is silent before its newest frame is told again."""
    idle_max: timedelta = timedelta(minutes=10)
    """A room closes itself after this time without a gift or a sign of life."""
    age_max: timedelta = timedelta(hours=24)
    """And after this, whatever happens in it."""
    battle_length: timedelta = timedelta(minutes=5)
    """In whole seconds; each battle keeps the one that it was proposed with."""
    regret_window: timedelta = timedelta(seconds=5)
    """From the charge of a gift on its sender may undo it for this time; zero: nobody ever may."""
    live_frames: bool = True
    """Whether open rooms get frames. Without, everything in them counts as ever and their last
    frame has it, but nobody sees it happen."""


def busy(rules: RoomRules) -> RoomRules:
    """The rules while many rooms are busy at once."""
    return rules._replace(frame_every=max(rules.frame_every, rules.frame_every_busy))


_SOON: Final = timedelta(seconds=1)


def has_aged(room: Room, rules: RoomRules, at: datetime) -> bool:
    """Whether the room's newest frame is old enough for what is not done all the time.

    One from the future was made by a process whose clock is ahead: it silences nobody.
    """
    return not timedelta(0) <= at - room.framed_at < rules.frame_every


def gets_frames(room: Room, rules: RoomRules) -> bool:
    """Whether what happens in the room is told; of one that is closed how it stands in the end."""
    return rules.live_frames or room.closed_at is not None


def is_frame_due(room: Room, rules: RoomRules, at: datetime) -> bool:
    """Whether what is untold of a room is to be told now."""
    return room.untold and gets_frames(room, rules) and has_aged(room, rules, at)


def is_keyframe_due(room: Room, rules: RoomRules, at: datetime) -> bool:
    """Whether an open room has been silent for long enough."""
    return room.closed_at is None and at >= room.told_at + rules.keyframe_every


def is_left_behind(room: Room, rules: RoomRules, at: datetime) -> bool:
    """Whether an open room is to close itself."""
    return room.closed_at is None and at >= _closes_at(room, rules)


def due_at(room: Room, rules: RoomRules) -> datetime | None:
    """When the clock has to look at a room next; None: never, unless something happens in it."""
    due: list[datetime] = []
    if room.untold and gets_frames(room, rules):
        due.append(room.framed_at + rules.frame_every)
    if room.closed_at is None:
        due += (room.told_at + rules.keyframe_every, _closes_at(room, rules))
        if room.streaks_end_at is not None:
            due.append(max(room.streaks_end_at, room.framed_at + rules.frame_every))
    return min(due, default=None)


def look_at(room: Room, due: datetime | None, at: datetime) -> datetime | None:
    """From when on the clock reads a room that is due at a time.

    It moves only where it must, or where it has been reached and the room is calm: a busy room is
    due again at once, and to read it in vain costs less than to move it in an index.
    """
    kept = room.look_at
    if due is None or kept is None or due < kept:
        return due
    if kept <= at and due - at > _SOON and at - room.active_at > _SOON:
        return due
    return kept


def _closes_at(room: Room, rules: RoomRules) -> datetime:
    return min(room.active_at + rules.idle_max, room.opened_at + rules.age_max)
