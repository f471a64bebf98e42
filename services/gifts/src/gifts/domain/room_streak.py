"""Streaks: pieces of an item that one viewer gives in a room in quick succession (C12)."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules

type StreakKey = tuple[UUID, str, str]
"""Room, sender and item: of each one streak at most is open."""


class Given(NamedTuple):
    """A gift that was charged, with what matters of it in its room."""

    room_id: UUID
    gift_id: UUID
    sender_id: str
    item_id: str
    catalogue_version: int
    pieces: int
    coins: int
    message: str | None
    charged_at: datetime


class Streak(msgspec.Struct):
    """A streak as it stands; the fields are columns."""

    streak_id: UUID
    """Its first gift's."""
    room_id: UUID
    sender_id: str
    item_id: str
    pieces: int
    """From the first tap on: what was charged, is shown and was credited."""
    last_gift_id: UUID
    began_at: datetime
    tapped_at: datetime
    """When the last tap was charged."""
    tapped_seq: int
    """The room's `seq` when it was booked."""
    ends_at: datetime
    """When the clock ends it, unless another tap comes."""
    ended_at: datetime | None = None
    shown: bool = False
    """Whether a frame has had a line of it."""
    end_owed: bool = False
    """Whether it has ended, and a frame still has to say so."""

    @property
    def key(self) -> StreakKey:
        """Of all streaks of this key at most one is open."""
        return self.room_id, self.sender_id, self.item_id


def end_line(streak: Streak) -> Line:
    """The line that says that a streak has ended, and how many pieces it had."""
    return Line(
        gift_id=streak.last_gift_id,
        sender_id=streak.sender_id,
        item_id=streak.item_id,
        count=0,
        coins=0,
        streak_id=streak.streak_id,
        streak_pieces=streak.pieces,
        ended=True,
    )


def end(streak: Streak, *, seq: int, at: datetime) -> Line | None:
    """End a streak.

    Where viewers have seen it, its end is owed to them. Where they have not, but may yet, a line
    says it together with what waits to be shown. What none will ever see ends in silence.

    Args:
        streak: An open one; it is changed.
        seq: The room's.
        at: Now.
    """
    streak.ended_at = at
    streak.end_owed = streak.shown
    if streak.shown or streak.tapped_seq != seq:
        return None
    return end_line(streak)


class Streaks:
    """Streaks in hand: what becomes of them is written once, when all is known of a transaction."""

    def __init__(self, streaks: Iterable[Streak], rules: RoomRules) -> None:
        self._open = {streak.key: streak for streak in streaks}
        self._rules = rules
        self._known = {streak.streak_id for streak in self._open.values()}
        self._touched: dict[UUID, Streak] = {}
        self._only_ended: dict[UUID, Streak] = {}

    def tap(self, tap: Given, lines: list[Line], *, seq: int, at: datetime) -> None:
        """Add a tap to the streak that is open, or to a new one.

        It joins if it was charged within the window of the tap before, by the wallet's clock, and
        the streak is not too old. The clock of this service counts from when a tap is booked, so
        that a tap that was as long under way as the one before always finds its streak open.

        Args:
            tap: Charged.
            lines: What is to be shown of it is added.
            seq: The room's.
            at: Now.
        """
        key = tap.room_id, tap.sender_id, tap.item_id
        charged_at = tap.charged_at
        streak = self._open.get(key)
        if streak is not None and not self._joins(tap, streak):
            mark = end(streak, seq=seq, at=at)
            if mark is not None:
                lines.append(mark)
            self._touched[streak.streak_id] = streak
            streak = None
        if streak is None:
            streak = self._open[key] = Streak(
                tap.gift_id,
                tap.room_id,
                tap.sender_id,
                tap.item_id,
                0,
                tap.gift_id,
                charged_at,
                charged_at,
                seq,
                at,
            )
        streak.pieces += tap.pieces
        streak.last_gift_id = tap.gift_id
        if charged_at > streak.tapped_at:
            streak.tapped_at = charged_at
        streak.tapped_seq = seq
        streak.ends_at = min(
            at + self._rules.streak_window, streak.began_at + self._rules.streak_length_max
        )
        self._touched[streak.streak_id] = streak
        lines.append(
            Line(
                tap.gift_id,
                tap.sender_id,
                tap.item_id,
                tap.pieces,
                tap.coins,
                streak_id=streak.streak_id,
                streak_pieces=streak.pieces,
                charged_at=charged_at,
            )
        )

    def _joins(self, tap: Given, streak: Streak) -> bool:
        return (
            tap.charged_at <= streak.tapped_at + self._rules.streak_window
            and tap.charged_at < streak.began_at + self._rules.streak_length_max
        )

    def end_all(self, room_id: UUID, *, seq: int, at: datetime) -> Sequence[Line]:
        """End what is open in a room, of the streaks in hand; what is to be shown of that."""
        marks: list[Line] = []
        for streak in [each for each in self._open.values() if each.room_id == room_id]:
            mark = self.end(streak, seq=seq, at=at)
            if mark is not None:
                marks.append(mark)
        return marks

    def end(self, streak: Streak, *, seq: int, at: datetime) -> Line | None:
        """End an open streak, which need not be in hand yet: see `end`."""
        if streak.streak_id not in self._touched:
            self._only_ended[streak.streak_id] = streak
        self._open.pop(streak.key, None)
        return end(streak, seq=seq, at=at)

    def __contains__(self, streak_id: UUID) -> bool:
        return streak_id in self._touched

    def over(self, room_ids: Container[UUID], at: datetime) -> Sequence[Streak]:
        """Those in hand that end by themselves by now, in some rooms."""
        return [
            streak
            for streak in self._open.values()
            if streak.ends_at <= at and streak.room_id in room_ids
        ]

    def owed(self) -> Iterable[Streak]:
        """Those in hand whose end is to be told."""
        return [
            streak
            for streak in (*self._only_ended.values(), *self._touched.values())
            if streak.end_owed
        ]

    def tell(self, ended: Mapping[UUID, bool]) -> dict[UUID, bool]:
        """Note that frames have a line of each of these, and of which they tell the end.

        Returns:
            Those that are not in hand.
        """
        others: dict[UUID, bool] = {}
        for streak_id, is_end in ended.items():
            streak = self._touched.get(streak_id) or self._only_ended.get(streak_id)
            if streak is None:
                others[streak_id] = is_end
            else:
                streak.shown = True
                streak.end_owed &= not is_end
        return others

    def next_ends(self) -> dict[UUID, datetime]:
        """When the first of those in hand ends by itself, by room."""
        ends: dict[UUID, datetime] = {}
        for streak in self._open.values():
            known = ends.get(streak.room_id)
            if known is None or streak.ends_at < known:
                ends[streak.room_id] = streak.ends_at
        return ends

    def only_ended(self) -> Sequence[Streak]:
        """Those that were there before and have ended without another tap."""
        return list(self._only_ended.values())

    def touched(self) -> tuple[Sequence[Streak], Sequence[Streak]]:
        """The streaks that have changed otherwise: those that were there before, and new ones."""
        streaks = self._touched.values()
        return (
            [streak for streak in streaks if streak.streak_id in self._known],
            [streak for streak in streaks if streak.streak_id not in self._known],
        )
