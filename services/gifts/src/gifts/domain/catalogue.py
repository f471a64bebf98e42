"""What is on sale, and since when."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import msgspec


class GiftItem(msgspec.Struct, frozen=True):
    """Something that can be given. Its price is that of the catalogue it belongs to."""

    item_id: str
    name: str
    tier: int
    price_coins: int
    """Of one piece."""
    max_message_length: int
    """Characters; 0 where the tier allows no message."""
    streakable: bool
    """Whether pieces sent in quick succession count as one streak (C12)."""


class MessageLength(NamedTuple):
    """How long a message may be, from some price of a gift on (C14)."""

    from_coins: int
    max_length: int
    """Characters."""


class Catalogue(msgspec.Struct, frozen=True, dict=True):
    """One published version: immutable, in force from a moment on until the next one is."""

    version: int
    effective_from: datetime
    items: tuple[GiftItem, ...]
    """By price, then id."""

    @cached_property
    def by_id(self) -> Mapping[str, GiftItem]:
        """The items by their id."""
        return {item.item_id: item for item in self.items}

    @cached_property
    def message_lengths(self) -> Sequence[MessageLength]:
        """By what a gift costs, all pieces together: as long as with one piece of that price."""
        lengths: list[MessageLength] = []
        for item in self.items:
            if item.max_message_length > (lengths[-1].max_length if lengths else 0):
                lengths.append(MessageLength(item.price_coins, item.max_message_length))
        return lengths

    def max_message_length(self, price_coins: int) -> int:
        """Characters that a message may have with a gift of this price; 0: there may be none."""
        place = bisect_right(self.message_lengths, price_coins, key=lambda each: each.from_coins)
        return self.message_lengths[place - 1].max_length if place else 0


class Catalogues(msgspec.Struct, frozen=True):
    """The versions that matter: the one in force, those to come, and what is no longer sold."""

    versions: tuple[Catalogue, ...]
    """Latest first."""
    known: Mapping[str, GiftItem]
    """Every item of any version, as it was sold last: gifts outlive the catalogue they are from."""

    def in_force(self, at: datetime) -> Catalogue | None:
        """The latest version that is in force at `at`; None before the first."""
        for catalogue in self.versions:
            if catalogue.effective_from <= at:
                return catalogue
        return None

    def find_item(self, item_id: str, at: datetime) -> GiftItem | None:
        """An item as it is sold at `at`, or as it was sold last; None if it never was."""
        catalogue = self.in_force(at)
        item = catalogue.by_id.get(item_id) if catalogue is not None else None
        return item or self.known.get(item_id)


def in_order(items: Iterable[GiftItem]) -> tuple[GiftItem, ...]:
    """Items in the order in which a catalogue lists them: cheapest first."""
    return tuple(sorted(items, key=lambda item: (item.price_coins, item.item_id)))
