"""From one gift to the diamonds it earns, slice by slice."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from contracts.event import COINS_MAX
from contracts.gifts.v1 import GiftSent
from payouts.domain.maturity import matures_on
from payouts.domain.rates import NoRateError, RateBook

MICRO_DIAMONDS_MAX = COINS_MAX
_BIGINT_MAX = 2**63 - 1


class UnaccruableGiftError(ValueError):
    """The gift contradicts itself; the message says how."""


class Accrual(msgspec.Struct, frozen=True, gc=False):
    """What one gift earns its creator. A slice is the same place in each of the tuples."""

    gift_id: UUID
    creator_id: str
    coins: int
    micro_diamonds: int
    """The sum of its slices, always."""
    rate_version: int
    sent_at: datetime
    lot_ids: tuple[int, ...]
    lot_classes: tuple[str, ...]
    slice_coins: tuple[int, ...]
    slice_micro_diamonds: tuple[int, ...]
    matures_on: tuple[date, ...]
    sender_id: str
    """Empty, like the item, where it was not kept yet when the gift was accrued."""
    item_id: str

    def tells_the_same_as(self, other: "Accrual") -> bool:
        """Whether both come from the same gift, told twice.

        What we made of it, at which rate, is not part of what was told.
        """
        return (
            self.gift_id == other.gift_id
            and self.creator_id == other.creator_id
            and self.coins == other.coins
            and self.sent_at == other.sent_at
            and self.lot_ids == other.lot_ids
            and self.lot_classes == other.lot_classes
            and self.slice_coins == other.slice_coins
            and self.matures_on == other.matures_on
            and (self.sender_id == other.sender_id or not self.sender_id)
            and (self.item_id == other.item_id or not self.item_id)
        )


def accrue(gift: GiftSent, book: RateBook) -> Accrual:
    """Value each slice of a gift at the rate that was in force when it was sent.

    Whole coins times micro-diamonds per coin: there is no fraction to lose, and the slices add up
    to the gift by construction.

    Raises:
        UnaccruableGiftError: Slices do not add up to the price, a lot's id or a time is none, no
            rate was in force, or the amount is beyond what the ledger holds.
    """
    sent_at = gift.sent_at
    _check_moment(sent_at)
    lot_ids: list[int] = []
    lot_classes: list[str] = []
    slice_coins: list[int] = []
    slice_micro_diamonds: list[int] = []
    days: list[date] = []
    try:
        rate = book.in_force(sent_at)
        micro_diamonds_of = rate.micro_diamonds_per_coin.of
        for part in gift.slices:
            if not 0 < part.lot_id <= _BIGINT_MAX:
                raise UnaccruableGiftError("a lot has an id that no lot can have")
            _check_moment(part.refundable_until)
            lot_ids.append(part.lot_id)
            lot_classes.append(part.lot_class)
            slice_coins.append(part.coins)
            slice_micro_diamonds.append(part.coins * micro_diamonds_of(part.lot_class))
            days.append(matures_on(part.refundable_until, sent_at))
    except (NoRateError, OverflowError) as error:
        raise UnaccruableGiftError(str(error)) from error
    coins, micro_diamonds = sum(slice_coins), sum(slice_micro_diamonds)
    if coins != gift.price_coins:
        raise UnaccruableGiftError(
            f"slices add up to {coins} coins, the price is {gift.price_coins}"
        )
    if micro_diamonds > MICRO_DIAMONDS_MAX:
        raise UnaccruableGiftError(f"{micro_diamonds} micro-diamonds are more than a ledger holds")
    return Accrual(
        gift_id=gift.gift_id,
        creator_id=gift.creator_id,
        coins=coins,
        micro_diamonds=micro_diamonds,
        rate_version=rate.version,
        sent_at=sent_at,
        lot_ids=tuple(lot_ids),
        lot_classes=tuple(lot_classes),
        slice_coins=tuple(slice_coins),
        slice_micro_diamonds=tuple(slice_micro_diamonds),
        matures_on=tuple(days),
        sender_id=gift.sender_id,
        item_id=gift.item_id,
    )


def _check_moment(time: datetime) -> None:
    """A time without an offset is no moment: it would be read as this machine's own."""
    if time.tzinfo is None:
        raise UnaccruableGiftError("a time has no offset from UTC")


class CreatorSum(msgspec.Struct, gc=False):
    """What some gifts earned one creator."""

    creator_id: str
    gifts: int = 0
    coins: int = 0
    micro_diamonds: int = 0
    rate_version: int = 0
    """The newest among them."""


class Sums(msgspec.Struct):
    """What some gifts earned, per creator and per day of maturity."""

    creators: dict[str, CreatorSum]
    buckets: dict[tuple[str, date, int], int]
    """Micro-diamonds by creator, day of maturity and rate version; none that are zero."""


def sum_up(accruals: Iterable[Accrual]) -> Sums:
    """Add accruals up, so that a creator with a thousand gifts costs one row."""
    creators: dict[str, CreatorSum] = {}
    buckets: dict[tuple[str, date, int], int] = {}
    for accrual in accruals:
        creator_id = accrual.creator_id
        creator = creators.get(creator_id)
        if creator is None:
            creator = creators[creator_id] = CreatorSum(creator_id)
        creator.gifts += 1
        creator.coins += accrual.coins
        creator.micro_diamonds += accrual.micro_diamonds
        version = accrual.rate_version
        creator.rate_version = max(version, creator.rate_version)
        for day, amount in zip(accrual.matures_on, accrual.slice_micro_diamonds, strict=True):
            if amount:
                bucket = (creator_id, day, version)
                buckets[bucket] = buckets.get(bucket, 0) + amount
    return Sums(creators, buckets)


class MaturingSum(msgspec.Struct, gc=False):
    """What of some gifts' earnings one creator has to wait for, in micro-diamonds."""

    pending: int = 0
    available: int = 0
    matures_next: date | None = None
    """The first day on which some of the pending ones mature."""


def split_by_day(sums: Sums, day: date) -> dict[str, MaturingSum]:
    """What is pending and what is available of sums on a day (UTC), for each of their creators."""
    found = {creator_id: MaturingSum() for creator_id in sums.creators}
    for (creator_id, matures, _), amount in sums.buckets.items():
        of_creator = found[creator_id]
        if matures <= day:
            of_creator.available += amount
            continue
        of_creator.pending += amount
        if of_creator.matures_next is None or matures < of_creator.matures_next:
            of_creator.matures_next = matures
    return found
