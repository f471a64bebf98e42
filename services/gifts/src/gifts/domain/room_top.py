"""The first gifters of a room, kept with it."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gifts.domain.room import Gifter

GIFTERS_SHOWN: Final = 10


class TopGifter(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A place among those who gave most; which one follows from the order."""

    user_id: str
    coins: int
    place: int
    """The room's `moves` when it came to this sum: who got there first is before others."""

    @property
    def order(self) -> tuple[int, int]:
        """Less is further in front."""
        return -self.coins, self.place


def move_top(top: Sequence[TopGifter], moved: Iterable[TopGifter]) -> list[TopGifter] | None:
    """The first gifters, after what some of all gifters gave has changed.

    Args:
        top: Who they were, in order; all that have given anything where they are fewer than
            `GIFTERS_SHOWN`.
        moved: What each who moved has given by now, each once.

    Returns:
        In order. None: somebody fell behind them, and who comes next has to be looked up.
    """
    if len(top) < GIFTERS_SHOWN:
        known = {each.user_id: each for each in top}
        for each in moved:
            known[each.user_id] = each
        return _first(each for each in known.values() if each.coins)
    last = top[-1].order
    users = {each.user_id for each in top}
    near: dict[str, TopGifter] = {}
    for each in moved:
        if each.order <= last:
            near[each.user_id] = each
        elif each.user_id in users:
            return None
    if not near:
        return list(top)
    return _first([*near.values(), *(each for each in top if each.user_id not in near)])


def _first(gifters: Iterable[TopGifter]) -> list[TopGifter]:
    return sorted(gifters, key=lambda each: each.order)[:GIFTERS_SHOWN]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[TopGifter])


def pack(top: Sequence[TopGifter]) -> bytes:
    """The first gifters as they are kept."""
    return _encoder.encode(top)


def unpack(packed: bytes) -> list[TopGifter]:
    """What `pack` made of them."""
    return _decoder.decode(packed)


def gifters_of(packed: bytes) -> list[Gifter]:
    """What `pack` made of them, by rank."""
    return ranked(unpack(packed))


def ranked(top: Iterable[TopGifter]) -> list[Gifter]:
    """First gifters that are in order, by rank."""
    return [Gifter(rank, each.user_id, each.coins) for rank, each in enumerate(top, 1)]
