"""A slow and obvious model of one room: lists of what happened, added up each time anew."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gifts.domain.gift import Gift
from gifts.domain.room import Goal
from gifts.domain.room_rules import RoomRules

STREAKABLE = frozenset({"rose", "clover"})


def is_tap(gift: Gift) -> bool:
    """Whether a gift is part of a streak."""
    return gift.item_id in STREAKABLE and gift.message is None


@dataclass
class ModelStreak:
    """Taps of one sender and item that follow each other."""

    key: tuple[str, str]
    began_at: datetime
    tapped_at: datetime
    ends_at: datetime
    pieces: int = 0
    ended: bool = False


@dataclass
class ModelRoom:
    """What happened in a room, in order."""

    rules: RoomRules
    goal: Goal | None
    booked: list[Gift] = field(default_factory=list[Gift])
    taken: Counter[UUID] = field(default_factory=Counter[UUID])
    """Coins taken back of each gift, booked or not."""
    streaks: list[ModelStreak] = field(default_factory=list[ModelStreak])
    reached_when_closed: int | None = None
    """Of the goal; None while the room is open."""
    reached_at: datetime | None = None

    def book(self, gift: Gift, charged_at: datetime, now: datetime) -> None:
        """A gift was charged, and the service has heard of it."""
        self.booked.append(gift)
        if self.reached_when_closed is not None:
            self.reached_when_closed += self._progress(gift, gift.price_coins)
        if is_tap(gift):
            self._tap(gift, charged_at, now)

    def _tap(self, gift: Gift, charged_at: datetime, now: datetime) -> None:
        key = gift.sender_id, gift.item_id
        [*going_on] = [each for each in self.streaks if each.key == key and not each.ended]
        for streak in going_on:
            if (
                charged_at - streak.tapped_at > self.rules.streak_window
                or charged_at - streak.began_at >= self.rules.streak_length_max
            ):
                streak.ended = True
        if not going_on or going_on[0].ended:
            going_on = [ModelStreak(key, charged_at, charged_at, now)]
            self.streaks += going_on
        [streak] = going_on
        streak.pieces += gift.count
        streak.tapped_at = max(streak.tapped_at, charged_at)
        streak.ends_at = min(
            now + self.rules.streak_window, streak.began_at + self.rules.streak_length_max
        )
        if self.reached_when_closed is not None:
            # What follows in the same batch joins it: see `batch_ended`.
            streak.ends_at = now

    def tick(self, now: datetime) -> None:
        """The clock ends what is over."""
        for streak in self.streaks:
            streak.ended |= streak.ends_at <= now

    def close(self) -> None:
        """The room closes, and so do its streaks."""
        self.reached_when_closed = self.reached()
        for streak in self.streaks:
            streak.ended = True

    def committed(self, now: datetime) -> None:
        """A transaction has ended: only then can the goal be seen to be reached, or not."""
        if self.reached_when_closed is not None:
            for streak in self.streaks:
                streak.ended = True
        if self.goal is None:
            return
        if self.reached() < self.goal.target:
            self.reached_at = None
        elif self.reached_at is None:
            self.reached_at = now

    def reached(self) -> int:
        """How far the goal has come."""
        if self.goal is None:
            return 0
        if self.reached_when_closed is not None:
            return self.reached_when_closed
        return sum(self._progress(gift, self.left(gift)) for gift in self.booked)

    def _progress(self, gift: Gift, left: int) -> int:
        if self.goal is None:
            return 0
        if self.goal.item_id is None:
            return left
        return gift.count if gift.item_id == self.goal.item_id and left else 0

    def left(self, gift: Gift) -> int:
        """Coins of a gift that were not taken back."""
        return gift.price_coins - self.taken[gift.gift_id]

    def totals(self) -> tuple[int, int, int]:
        """Coins, gifts and gifters."""
        return (
            sum(self.left(gift) for gift in self.booked),
            sum(self.left(gift) > 0 for gift in self.booked),
            len(self.gifters()),
        )

    def gifters(self) -> Counter[str]:
        """What each has given, those with nothing left out."""
        gifters: Counter[str] = Counter()
        for gift in self.booked:
            gifters[gift.sender_id] += self.left(gift)
        return +gifters

    def tapped(self) -> Counter[tuple[str, str]]:
        """Pieces that were given in streaks, by sender and item."""
        tapped: Counter[tuple[str, str]] = Counter()
        for gift in self.booked:
            if is_tap(gift):
                tapped[gift.sender_id, gift.item_id] += gift.count
        return tapped
