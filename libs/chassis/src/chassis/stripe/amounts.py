"""Amounts as Stripe writes them: in its own minor units. https://docs.stripe.com/currencies"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chassis.money import exponent
from contracts.event import COINS_MAX

_DECIMALS: Final[Mapping[str, int]] = MappingProxyType({"ISK": 2, "MGA": 0, "UGX": 2})
"""Decimal places at Stripe where they are not those of ISO 4217: krónur and shillings have no
fraction and are written with two zeros as before they lost it; fifths of an ariary are not told."""


_WHOLE_TO_PAY_OUT: Final = frozenset({"HUF", "TWD"})
"""Have two decimals when they are charged, and none when they are paid out."""


class UnchargeableError(ValueError):
    """Stripe cannot move this amount; the message says why."""


def to_stripe(amount_minor: int, currency: str) -> int:
    """The amount in Stripe's minor units.

    Raises:
        UnchargeableError: It is finer than what Stripe charges in that currency: card networks do
            not move the last digit of a currency with three.
    """
    places, places_there = _places(currency)
    scaled = amount_minor * 10**places_there
    amount, rest = divmod(scaled, 10**places)
    if rest or (places_there == 3 and amount % 10):
        raise UnchargeableError(f"{amount_minor} minor units of {currency} are too fine for Stripe")
    return amount


def payout_step_minor(currency: str) -> int:
    """What amounts that Stripe is to pay out are multiples of, in our minor units.

    Raises:
        UnknownCurrencyError: See `exponent`.
    """
    places, places_there = _places(currency)
    if currency in _WHOLE_TO_PAY_OUT:
        return 10**places
    if places_there == 3:
        return 10
    return 10 ** max(places - places_there, 0)


def from_stripe(amount: int, currency: str) -> int:
    """An amount of Stripe's in our minor units.

    Raises:
        ValueError: The currency is unknown, or the amount is finer than its minor unit, or larger
            than any of ours.
    """
    places, places_there = _places(currency)
    amount_minor, rest = divmod(amount * 10**places, 10**places_there)
    if rest or amount_minor > COINS_MAX:
        raise ValueError(f"{amount} of Stripe's minor units of {currency} are no amount of ours")
    return amount_minor


def _places(currency: str) -> tuple[int, int]:
    """Decimal places here and at Stripe."""
    places = exponent(currency)
    return places, _DECIMALS.get(currency, places)
