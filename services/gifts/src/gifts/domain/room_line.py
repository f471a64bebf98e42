"""What viewers of a room are shown of the gifts in it, line by line."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from gifts.domain.badge import Badge

LINES_MAX: Final = 20
"""Of a frame: more than that nobody can follow (E62)."""
END_LINES_KEPT: Final = 10
"""How many of them the ends of streaks have first. What has been shown ends, however much is given:
half the lines keep up with that, as no more than the other half can begin to be shown."""


class Line(msgspec.Struct, array_like=True):
    """One gift, or several that are shown as one."""

    gift_id: UUID
    """The latest of them."""
    sender_id: str
    item_id: str
    count: int
    """Pieces; 0 where only the end of a streak is told."""
    coins: int
    message: str | None = None
    streak_id: UUID | None = None
    streak_pieces: int = 0
    """Of the streak from its first tap on."""
    ended: bool = False
    """Whether the streak has ended."""
    level: int = 0
    """The sender's as a gifter; 0: none, or nothing is known of it."""
    leveled_up: bool = False
    """Whether one of the gifts brought them to it."""
    club_level: int = 0
    """The sender's in the fan club of the room's host; 0: none, or nothing is known of it."""
    first_gift: bool = False
    """Whether one of the gifts is the first that the sender ever gave to the host."""

    charged_at: datetime | None = None
    """When the latest of them was charged; None where only an end is told."""
    removed: bool = False
    """Whether nothing is told but that the gift's message is shown no more."""

    def wear(self, badge: Badge) -> None:
        """Show with it what is known of its sender."""
        self.level, self.leveled_up, self.club_level, self.first_gift = badge

    @property
    def key(self) -> object:
        """Lines with the same key are shown as one."""
        if self.removed:
            return ("removed", self.gift_id)
        if self.streak_id is not None:
            return self.streak_id
        return (self.sender_id, self.item_id) if self.message is None else self.gift_id


class Chosen(NamedTuple):
    """What a frame shows."""

    lines: Sequence[Line]
    """Dearest first."""
    more_gifts: int
    """Pieces that are in none of the lines."""
    more_coins: int
    ends_left: bool
    """Whether ends of streaks wait for the next frame."""
    removed: Sequence[UUID] = ()
    """Gifts whose messages are shown no more."""


def merge(lines: Iterable[Line]) -> list[Line]:
    """One line for those that are shown as one, in the order in which they began."""
    merged: dict[object, Line] = {}
    for line in lines:
        earlier = merged.get(line.key)
        if earlier is None:
            merged[line.key] = msgspec.structs.replace(line)
            continue
        if line.count:
            earlier.gift_id = line.gift_id
            earlier.count += line.count
            earlier.coins += line.coins
            earlier.streak_pieces = line.streak_pieces
            earlier.level = line.level
            earlier.leveled_up |= line.leveled_up
            earlier.club_level = line.club_level
            earlier.first_gift |= line.first_gift
            earlier.charged_at = line.charged_at
        earlier.ended |= line.ended
    return list(merged.values())


def choose(lines: Sequence[Line], ends: Sequence[Line]) -> Chosen:
    """What fits in a frame.

    Args:
        lines: All that was given since the last frame, merged. Of a streak that ended before
            anything of it was shown, `ended` is said here.
        ends: The ends of streaks that viewers have seen, longest waiting first.
    """
    first = {end.streak_id: end for end in ends[: max(END_LINES_KEPT, LINES_MAX - len(lines))]}
    shown: list[Line] = []
    others: list[Line] = []
    for line in lines:
        end = first.pop(line.streak_id, None) if line.streak_id is not None else None
        if end is not None:
            shown.append(msgspec.structs.replace(line, ended=True))
        elif line.count:
            others.append(line)
    shown += first.values()
    told = len(shown)
    others.sort(key=_dearest)
    shown += others[: LINES_MAX - len(shown)]
    cut = others[len(shown) - told :]
    shown.sort(key=_dearest)
    return Chosen(
        shown,
        more_gifts=sum(line.count for line in cut),
        more_coins=sum(line.coins for line in cut),
        ends_left=len(ends) > told,
        removed=[line.gift_id for line in lines if line.removed],
    )


def removal(gift_id: UUID) -> Line:
    """The line that says that a gift's message is shown no more."""
    return Line(gift_id=gift_id, sender_id="", item_id="", count=0, coins=0, removed=True)


def hush(chosen: Chosen, gift_ids: Collection[UUID]) -> None:
    """Let the lines of these gifts be shown without their messages."""
    for line in chosen.lines:
        if line.gift_id in gift_ids:
            line.message = None


def _dearest(line: Line) -> int:
    return -line.coins


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Line])


def add_waiting(waiting: bytes, lines: Sequence[Line]) -> bytes:
    """What waits for its frame, and lines of one more transaction after it.

    Each transaction's are apart, with their length before them: nothing is read to add to it.
    """
    packed = _encoder.encode(lines)
    return waiting + len(packed).to_bytes(4) + packed


def read_waiting(waiting: bytes) -> list[Line]:
    """The lines that wait, in order."""
    lines: list[Line] = []
    start = 0
    while start < len(waiting):
        begin = start + 4
        start = begin + int.from_bytes(waiting[start:begin])
        lines += _decoder.decode(waiting[begin:start])
    return lines
