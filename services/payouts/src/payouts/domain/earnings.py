"""What a creator has earned so far, and what of it is safe, as of a day."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Self

from payouts.domain.rates import RateBook

_MICRO_DIAMONDS_PER_DIAMOND = 1_000_000
_MICRO_MINOR_PER_MINOR = 1_000_000


class Maturing(NamedTuple):
    """An amount that becomes available on a day."""

    matures_on: date
    micro_diamonds: int


class Worth(NamedTuple):
    """An amount of money in whole minor units."""

    amount_minor: int
    currency: str


class DiamondAmount(NamedTuple):
    """Diamonds, with the versions of the rate book at which they were earned."""

    by_rate: tuple[tuple[int, int], ...]
    """Pairs of rate version and micro-diamonds."""

    @property
    def micro_diamonds(self) -> int:
        """The whole amount."""
        return sum(amount for _, amount in self.by_rate)

    def worth(self, book: RateBook) -> Worth:
        """In money, each part at the rate at which it was earned (E43), rounded down once.

        Rounding the parts would lose up to a minor unit for each of them (E44).
        """
        total = sum(
            amount * book.version(version).diamond_worth.micro_minor
            for version, amount in self.by_rate
        )
        whole = total // (_MICRO_DIAMONDS_PER_DIAMOND * _MICRO_MINOR_PER_MINOR)
        # One currency in all versions: the rate book takes no other.
        return Worth(whole, book.rates[-1].diamond_worth.currency)


class EarningsAtRate(NamedTuple):
    """Where the micro-diamonds are that a creator earned at one version of the rate book."""

    rate_version: int
    pending: int
    available: int
    reserved: int = 0
    paid_out: int = 0
    held: int = 0


class EarningsState(NamedTuple):
    """What is told of a creator's earnings whenever they change; the highest version counts."""

    creator_id: str
    version: int
    pending_micro_diamonds: int
    available_micro_diamonds: int


class Earnings(NamedTuple):
    """A creator's earnings as of a day. All others add up to lifetime."""

    pending: DiamondAmount
    """The payments behind it can still be taken back."""
    available: DiamondAmount
    """Safe, and free: no payment behind it can be taken back any more."""
    reserved: DiamondAmount
    """By payouts that have not ended."""
    paid_out: DiamondAmount
    held: DiamondAmount
    """Of gifts that the creator froze."""
    lifetime: DiamondAmount

    @classmethod
    def of(cls, parts: Iterable[EarningsAtRate]) -> Self:
        """From what was earned at each rate."""
        rows = tuple(parts)
        return cls(
            pending=DiamondAmount(tuple((row.rate_version, row.pending) for row in rows)),
            available=DiamondAmount(tuple((row.rate_version, row.available) for row in rows)),
            reserved=DiamondAmount(tuple((row.rate_version, row.reserved) for row in rows)),
            paid_out=DiamondAmount(tuple((row.rate_version, row.paid_out) for row in rows)),
            held=DiamondAmount(tuple((row.rate_version, row.held) for row in rows)),
            lifetime=DiamondAmount(tuple((row.rate_version, sum(row[1:])) for row in rows)),
        )
