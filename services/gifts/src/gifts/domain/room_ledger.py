"""What gifts, and what is taken back of them, make of the rooms that they were given in."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from gifts.domain.badge import NO_BADGES, Badges
from gifts.domain.room import Room
from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules
from gifts.domain.room_streak import Streak, Streaks, Tap

type GifterKey = tuple[UUID, str]
"""Room and user."""


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
        self._rooms = {room.room_id: room for room in rooms}
        self.streaks = Streaks(streaks, rules)
        self._at = at
        self._moves = {room.room_id: room.moves for room in self._rooms.values()}
        self._coins: Counter[UUID] = Counter()
        self._gifts: Counter[UUID] = Counter()
        self._reached: Counter[UUID] = Counter()
        self._was_given: set[UUID] = set()
        self.lines: dict[UUID, list[Line]] = {room_id: [] for room_id in self._rooms}
        """What the next frame of each room is to show."""
        self.added: dict[GifterKey, Moved] = {}
        """What gifters gave."""
        self.taken: dict[GifterKey, Moved] = {}
        """What was taken back of what they gave."""

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
            room = self._rooms.get(gift.room_id)
            if room is None:
                continue
            self._was_given.add(room.room_id)
            self._move(self.added, room.room_id, gift.sender_id, gift.coins)
            self._gifts[room.room_id] += 1
            self._reached[room.room_id] += _progress(room, gift.item_id, gift.pieces, gift.coins)
            if gift.message is None and (gift.catalogue_version, gift.item_id) in streakable:
                lines = self.streaks.tap(_tap(gift), seq=room.seq, at=self._at)
            else:
                lines = [_line(gift)]
            # Of several the last one is the gift's; those before end other streaks.
            lines[-1].wear(badges.of(gift.gift_id, room.creator_id, gift.sender_id))
            self.lines[room.room_id] += lines
        for room_id in self._was_given:
            if self._rooms[room_id].closed_at is not None:
                # Charged late: its streak has closed with the room.
                self._end_streaks(room_id)

    def take_back(self, losses: Sequence[Taken]) -> None:
        """Take back what was given, or give it back.

        The goal of a room that is closed stays where it was: it was seen to be reached, or not.
        """
        for loss in losses:
            room = self._rooms.get(loss.room_id)
            if room is None:
                continue
            self._move(self.taken, room.room_id, loss.sender_id, -loss.coins)
            self._gifts[room.room_id] -= loss.gifts
            if room.closed_at is None:
                self._reached[room.room_id] -= _progress(
                    room, loss.item_id, loss.pieces, loss.coins
                )

    def rooms(self, left_coins: Mapping[GifterKey, int]) -> list[Room]:
        """The rooms as they stand afterwards; those in which nothing has happened are missing.

        Args:
            left_coins: What each who is in `added` or `taken` has given by now.
        """
        gifters: Counter[UUID] = Counter()
        for (room_id, user_id), left in left_coins.items():
            key = room_id, user_id
            change = sum(moved[key].coins for moved in (self.added, self.taken) if key in moved)
            gifters[room_id] += (left > 0) - (left - change > 0)
        ends = self.streaks.next_ends()
        return [
            self._after(room, gifters[room.room_id], ends.get(room.room_id))
            for room in self._rooms.values()
            if self._moves[room.room_id] != room.moves
        ]

    def _end_streaks(self, room_id: UUID) -> None:
        """End the streaks of a room that are in hand."""
        self.lines[room_id] += self.streaks.end_all(
            room_id, seq=self._rooms[room_id].seq, at=self._at
        )

    def _after(self, room: Room, gifters: int, streaks_end_at: datetime | None) -> Room:
        room_id = room.room_id
        is_open = room.closed_at is None
        ends = [at for at in (streaks_end_at, room.streaks_end_at) if at is not None]
        return reach(
            msgspec.structs.replace(
                room,
                coins=room.coins + self._coins[room_id],
                gifts=room.gifts + self._gifts[room_id],
                gifters=room.gifters + gifters,
                moves=self._moves[room_id],
                goal_reached=room.goal_reached + self._reached[room_id],
                active_at=self._at if is_open and room_id in self._was_given else room.active_at,
                streaks_end_at=min(ends, default=None),
                untold=True,
            ),
            at=self._at,
        )

    def _move(self, moved: dict[GifterKey, Moved], room_id: UUID, user_id: str, coins: int) -> None:
        self._coins[room_id] += coins
        self._moves[room_id] += 1
        earlier = moved.get((room_id, user_id))
        moved[room_id, user_id] = Moved(
            coins if earlier is None else earlier.coins + coins, self._moves[room_id]
        )


def reach(room: Room, *, at: datetime) -> Room:
    """The room with its goal reached now, or no longer, as it has come far enough or not."""
    if room.goal is None or (room.goal_reached >= room.goal.target) == (
        room.goal_reached_at is not None
    ):
        return room
    return msgspec.structs.replace(
        room, goal_reached_at=at if room.goal_reached_at is None else None
    )


def _progress(room: Room, item_id: str, pieces: int, coins: int) -> int:
    """How far a gift brings a room to its goal."""
    if room.goal is None:
        return 0
    if room.goal.item_id is None:
        return coins
    return pieces if room.goal.item_id == item_id else 0


def _tap(gift: Given) -> Tap:
    return Tap(
        gift.room_id,
        gift.sender_id,
        gift.item_id,
        gift.gift_id,
        gift.pieces,
        gift.coins,
        gift.charged_at,
    )


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
