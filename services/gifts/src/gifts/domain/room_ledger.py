"""What gifts, and what is taken back of them, make of the rooms that they were given in."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from gifts.domain.badge import NO_BADGES, Badges
from gifts.domain.room import Goal, Room
from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules
from gifts.domain.room_streak import Given, Streak, Streaks
from gifts.domain.room_top import TopGifter

type GifterKey = tuple[UUID, str]
"""Room and user."""


class Taken(NamedTuple):
    """What was taken back of a gift; all numbers are negative where it was given back."""

    room_id: UUID
    sender_id: str
    item_id: str
    pieces: int
    """Of the gift, if nothing of it is left by this."""
    coins: int
    gifts: int
    """One, if nothing of the gift is left by this."""
    gift_id: UUID


class Moved(NamedTuple):
    """What changes of what somebody gave in a room."""

    coins: int
    place: int
    """The room's `moves` by then."""


class _Tally:
    """What changes in one room."""

    __slots__ = ("coins", "gifts", "goal", "is_given", "lines", "moves", "reached", "room")

    def __init__(self, room: Room) -> None:
        self.room = room
        self.goal = room.goal
        self.moves = room.moves
        self.coins = 0
        self.gifts = 0
        self.reached = 0
        self.is_given = False
        self.lines: list[Line] = []


class RoomLedger:
    """Rooms in memory while things happen in them, one after the other."""

    def __init__(
        self, rooms: Iterable[Room], streaks: Iterable[Streak], rules: RoomRules, *, at: datetime
    ) -> None:
        """Args:
        rooms: All that will be named, as far as there are any: of others nothing is known.
        streaks: The open ones that taps can join.
        rules: In force.
        at: Now.
        """
        self._tallies = {room.room_id: _Tally(room) for room in rooms}
        self.streaks = Streaks(streaks, rules)
        self._at = at
        self.added: dict[GifterKey, Moved] = {}
        """What gifters gave."""
        self.taken: dict[GifterKey, Moved] = {}
        """What was taken back of what they gave."""

    @property
    def lines(self) -> dict[UUID, list[Line]]:
        """What the next frame of each room is to show."""
        return {room_id: tally.lines for room_id, tally in self._tallies.items()}

    def give(
        self,
        gifts: Sequence[Given],
        *,
        streakable: Collection[tuple[int, str]],
        badges: Badges = NO_BADGES,
    ) -> None:
        """Add gifts, in the order in which they were charged.

        A gift with a message is shown by itself, and is no part of a streak.

        Args:
            gifts: Charged.
            streakable: Which items of which catalogue versions make streaks.
            badges: What is shown of those who gave them.
        """
        for gift in gifts:
            tally = self._tallies.get(gift.room_id)
            if tally is None:
                continue
            tally.is_given = True
            tally.gifts += 1
            _move(tally, self.added, gift.sender_id, gift.coins)
            if tally.goal is not None:
                tally.reached += _progress(tally.goal, gift.item_id, gift.pieces, gift.coins)
            if gift.message is None and (gift.catalogue_version, gift.item_id) in streakable:
                self.streaks.tap(gift, tally.lines, seq=tally.room.seq, at=self._at)
            else:
                tally.lines.append(_line(gift))
            # The last one is the gift's; those before may end other streaks.
            tally.lines[-1].wear(badges.of(gift.gift_id, tally.room.creator_id, gift.sender_id))
        for room_id, tally in self._tallies.items():
            if tally.is_given and tally.room.closed_at is not None:
                # Charged late: its streak has closed with the room.
                tally.lines += self.streaks.end_all(room_id, seq=tally.room.seq, at=self._at)

    def take_back(self, losses: Sequence[Taken]) -> None:
        """Take back what was given, or give it back.

        The goal of a room that is closed stays where it was: it was seen to be reached, or not.
        """
        for loss in losses:
            tally = self._tallies.get(loss.room_id)
            if tally is None:
                continue
            _move(tally, self.taken, loss.sender_id, -loss.coins)
            tally.gifts -= loss.gifts
            if tally.goal is not None and tally.room.closed_at is None:
                tally.reached -= _progress(tally.goal, loss.item_id, loss.pieces, loss.coins)

    def rooms(self, left_coins: Mapping[GifterKey, int]) -> list[Room]:
        """The rooms as they stand afterwards; those in which nothing has happened are missing.

        Args:
            left_coins: What each who is in `added` or `taken` has given by now.
        """
        gifters = dict.fromkeys(self._tallies, 0)
        for key, left in left_coins.items():
            change = sum(moved[key].coins for moved in (self.added, self.taken) if key in moved)
            gifters[key[0]] += (left > 0) - (left - change > 0)
        ends = self.streaks.next_ends()
        return [
            self._after(tally, gifters[room_id], ends.get(room_id))
            for room_id, tally in self._tallies.items()
            if tally.moves != tally.room.moves
        ]

    def moved_to(self, left_coins: Mapping[GifterKey, int]) -> dict[UUID, list[TopGifter]]:
        """What each who moved has given by now, by room.

        Args:
            left_coins: See `rooms`.
        """
        moved: dict[UUID, list[TopGifter]] = {room_id: [] for room_id in self._tallies}
        for key, left in left_coins.items():
            room_id, user_id = key
            last = self.taken.get(key) or self.added[key]
            moved[room_id].append(TopGifter(user_id, left, last.place))
        return moved

    def _after(self, tally: _Tally, gifters: int, streaks_end_at: datetime | None) -> Room:
        room = tally.room
        is_open = room.closed_at is None
        ends = [at for at in (streaks_end_at, room.streaks_end_at) if at is not None]
        return reach(
            msgspec.structs.replace(
                room,
                coins=room.coins + tally.coins,
                gifts=room.gifts + tally.gifts,
                gifters=room.gifters + gifters,
                moves=tally.moves,
                goal_reached=room.goal_reached + tally.reached,
                active_at=self._at if is_open and tally.is_given else room.active_at,
                streaks_end_at=min(ends, default=None),
                untold=True,
            ),
            at=self._at,
        )


def _move(tally: _Tally, moved: dict[GifterKey, Moved], user_id: str, coins: int) -> None:
    tally.coins += coins
    tally.moves += 1
    key = tally.room.room_id, user_id
    earlier = moved.get(key)
    moved[key] = Moved(coins if earlier is None else earlier.coins + coins, tally.moves)


def reach(room: Room, *, at: datetime) -> Room:
    """The room with its goal reached now, or no longer, as it has come far enough or not."""
    if room.goal is None or (room.goal_reached >= room.goal.target) == (
        room.goal_reached_at is not None
    ):
        return room
    return msgspec.structs.replace(
        room, goal_reached_at=at if room.goal_reached_at is None else None
    )


def _progress(goal: Goal, item_id: str, pieces: int, coins: int) -> int:
    """How far a gift brings a room to its goal."""
    if goal.item_id is None:
        return coins
    return pieces if goal.item_id == item_id else 0


def _line(gift: Given) -> Line:
    return Line(
        gift_id=gift.gift_id,
        sender_id=gift.sender_id,
        item_id=gift.item_id,
        count=gift.pieces,
        coins=gift.coins,
        message=gift.message,
        charged_at=gift.charged_at,
    )
