"""How many diamonds a coin earns, and what a diamond is worth: versions that never change."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from chassis.money import exponent
from chassis.versions import check_follows
from contracts.event import Instant
from contracts.wallet.v1 import LotClass

MICRO_DIAMONDS_PER_COIN_MAX = 1_000_000
"""One diamond: nobody earns more diamonds than coins were spent."""
LEAD = timedelta(minutes=1)
"""A rate is published at least this long before it is in force. Every worker then knows it by the
time that it is needed, and no gift has to be valued again."""


class MicroDiamondsPerCoin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a coin of each class earns, in millionths of a diamond.

    The class follows a coin from where it came from to the diamond (E54): coins that nobody paid
    for earn less than coins that somebody did, or nothing.
    """

    purchased: int
    bonus: int
    earned: int
    granted: int

    def of(self, lot_class: LotClass) -> int:
        """The rate of one class."""
        return getattr(self, lot_class)


class DiamondWorth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a diamond is in money."""

    currency: str
    """ISO 4217."""
    micro_minor: int
    """Millionths of the currency's minor unit: 500_000 is half a cent, 0.005 USD."""


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the rate book, in force from a moment on until the next version is."""

    version: int
    effective_from: Instant
    micro_diamonds_per_coin: MicroDiamondsPerCoin
    diamond_worth: DiamondWorth


class NoRateError(LookupError):
    """No rate was in force at that time."""


class RateRefusedError(ValueError):
    """The rate must not be published; the message says which rule it breaks."""


class RateBook:
    """Every version that was published, oldest first."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self.rates: Sequence[Rate] = sorted(rates, key=lambda rate: rate.version)
        self._starts = [rate.effective_from for rate in self.rates]
        self._by_version = {rate.version: rate for rate in self.rates}

    def in_force(self, at: datetime) -> Rate:
        """The version in force at a moment.

        Raises:
            NoRateError: The moment lies before the first version.
        """
        index = bisect_right(self._starts, at)
        if index == 0:
            raise NoRateError(f"no earning rate was in force at {at.isoformat()}")
        return self.rates[index - 1]

    def version(self, version: int) -> Rate:
        """A version by its number.

        Raises:
            KeyError: It was never published.
        """
        return self._by_version[version]


def check_publication(book: RateBook, rate: Rate, *, now: datetime) -> None:
    """Make sure that `rate` may follow what is published.

    The first version may reach into the past, so that a new system can value what it is sent. Every
    later one lies ahead: what was earned stays earned at the rate of its time (E43).

    Raises:
        RateRefusedError: It breaks a rule.
    """
    _check_amounts(rate)
    check_follows(book.rates, rate, RateRefusedError)
    if not book.rates:
        return
    last = book.rates[-1]
    if rate.effective_from < now + LEAD:
        raise RateRefusedError(
            f"version {rate.version} must come into force at least {LEAD.seconds} s from now, "
            f"not at {rate.effective_from.astimezone(UTC).isoformat()}"
        )
    if rate.diamond_worth.currency != last.diamond_worth.currency:
        raise RateRefusedError(
            f"version {rate.version} must stay in {last.diamond_worth.currency}: "
            "what creators are owed is kept in one currency"
        )


def _check_amounts(rate: Rate) -> None:
    per_coin = rate.micro_diamonds_per_coin
    if not 1 <= per_coin.purchased <= MICRO_DIAMONDS_PER_COIN_MAX:
        raise RateRefusedError(
            f"purchased coins must earn 1 to {MICRO_DIAMONDS_PER_COIN_MAX} micro-diamonds each, "
            f"not {per_coin.purchased}"
        )
    for name, amount in (
        ("bonus", per_coin.bonus),
        ("earned", per_coin.earned),
        ("granted", per_coin.granted),
    ):
        if not 0 <= amount < per_coin.purchased:
            raise RateRefusedError(
                f"{name} coins must earn from 0 to less than purchased coins "
                f"({per_coin.purchased}), not {amount}"
            )
    if not 1 <= rate.diamond_worth.micro_minor <= 10**12:
        raise RateRefusedError(
            "a diamond must be worth from 1 to 10^12 millionths of a minor unit, "
            f"not {rate.diamond_worth.micro_minor}"
        )
    try:
        exponent(rate.diamond_worth.currency)
    except ValueError as error:
        raise RateRefusedError(str(error)) from error
