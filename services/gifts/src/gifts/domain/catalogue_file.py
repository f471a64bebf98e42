"""The form in which a catalogue is written down, and what makes one fit to be published."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from contracts.event import Instant
from gifts.domain.catalogue import Catalogue, GiftItem, in_order

type _ItemId = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]


class CatalogueError(Exception):
    """The catalogue cannot be published; the message lists everything that is wrong with it."""


class TierEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price class: the dearer it is, the more may be said with its gifts (C14)."""

    tier: Annotated[int, Meta(gt=0)]
    max_message_length: Annotated[int, Meta(ge=0, le=350)]


class ItemEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item on sale."""

    id: _ItemId
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    tier: int
    price_coins: Annotated[int, Meta(gt=0, le=10**12)]
    """Of one piece. Never zero or below: such a price mints coins instead of taking them (E46)."""
    streakable: bool


class CatalogueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version as its author writes it."""

    version: Annotated[int, Meta(gt=0, le=2**31 - 1)]
    tiers: Annotated[tuple[TierEntry, ...], Meta(min_length=1)]
    items: Annotated[tuple[ItemEntry, ...], Meta(min_length=1)]
    effective_from: Instant | None = None
    """When the prices begin to count; left out, as soon as they are published."""


def read_catalogue(text: bytes) -> CatalogueFile:
    """Read and check a catalogue.

    Raises:
        CatalogueError: It is not JSON of this form, or breaks a rule.
    """
    try:
        file = msgspec.json.decode(text, type=CatalogueFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CatalogueError(str(error)) from error
    problems = [*_tier_problems(file.tiers), *_item_problems(file)]
    if problems:
        raise CatalogueError("; ".join(problems))
    return file


def catalogue_of(file: CatalogueFile, *, published_at: datetime) -> Catalogue:
    """The catalogue that a file describes, if it is published at that time."""
    lengths = {tier.tier: tier.max_message_length for tier in file.tiers}
    return Catalogue(
        version=file.version,
        effective_from=file.effective_from or published_at,
        items=in_order(
            GiftItem(
                item_id=entry.id,
                name=entry.name,
                tier=entry.tier,
                price_coins=entry.price_coins,
                max_message_length=lengths[entry.tier],
                streakable=entry.streakable,
            )
            for entry in file.items
        ),
    )


def _tier_problems(tiers: Sequence[TierEntry]) -> Iterator[str]:
    for lower, higher in pairwise(tiers):
        if higher.tier <= lower.tier:
            yield f"tier {higher.tier} is listed after tier {lower.tier}: list each once, in order"
        if higher.max_message_length < lower.max_message_length:
            yield f"tier {higher.tier} allows shorter messages than tier {lower.tier}"


def _item_problems(file: CatalogueFile) -> Iterator[str]:
    prices: dict[int, list[int]] = {tier.tier: [] for tier in file.tiers}
    seen: set[str] = set()
    for item in file.items:
        if item.id in seen:
            yield f"item {item.id} is listed twice"
        seen.add(item.id)
        if item.tier not in prices:
            yield f"item {item.id} is of tier {item.tier}, which is not declared"
        else:
            prices[item.tier].append(item.price_coins)
    for (lower, below), (higher, above) in pairwise(
        (tier, prices[tier]) for tier in sorted(prices) if prices[tier]
    ):
        if min(above) <= max(below):
            yield (
                f"tier {higher} begins at {min(above)} coins, but tier {lower} goes up to "
                f"{max(below)}"
            )
