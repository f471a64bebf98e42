"""What a payout comes to: which earnings it takes, and what they are in the method's currency.

Diamonds are worth what they were earned at (E43). All arithmetic is exact: an amount of diamonds is
first an integer of 10^-12 minor units of the currency in which creators are owed, and is rounded
once, down, to what the payout's currency can pay (E45). What makes no whole unit is not taken.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from chassis.money import exponent
from payouts.domain.refusals import FeesExceedPayoutError, PayoutBelowMinimumError
from payouts.domain.terms import NANO, CurrencyTerms, Terms
from payouts.domain.withholding import ALL_BPS, Withholding, settled

_PICO_PER_MINOR: Final = 10**12


class Part(NamedTuple):
    """Diamonds of one bucket of a creator's earnings."""

    matures_on: date
    rate_version: int
    micro_diamonds: int


type MicroMinorOf = Callable[[int], int]
"""What a diamond of a rate version is worth, in millionths of a minor unit."""


class Quote(NamedTuple):
    """A payout before it is written. Fees, withheld and net are gross and the correction."""

    parts: tuple[Part, ...]
    worth_minor: int
    """In the currency in which creators are owed."""
    gross_minor: int
    fixed_fee_minor: int
    proportional_fee_minor: int
    withheld_minor: int
    correction_minor: int
    """Of what was withheld earlier: what arrives besides, or does not if it is below zero."""
    net_minor: int

    @property
    def micro_diamonds(self) -> int:
        """What is reserved."""
        return sum(part.micro_diamonds for part in self.parts)


def quote(
    available: Sequence[Part],
    micro_diamonds: int,
    *,
    micro_minor_of: MicroMinorOf,
    terms: Terms,
    country: str,
    currency: str,
    withholding: Withholding,
    due_minor: int,
) -> Quote:
    """Take `micro_diamonds` of the earnings, oldest first, less what makes no whole unit.

    Args:
        available: The creator's free earnings that have matured, oldest first; they suffice.
        micro_diamonds: How much is asked for, at least 1.
        micro_minor_of: See the type.
        terms: In force, with `currency` among their currencies.
        country: Where the money goes.
        currency: What it arrives as.
        withholding: What share of the gross amount is withheld.
        due_minor: What the creator is owed of earlier withholding; below zero what they owe.

    Raises:
        PayoutBelowMinimumError: The gross amount is less than may be sent there.
        FeesExceedPayoutError: Nothing would be left after fees and withholding (E57).
    """
    of_currency = terms.currencies[currency]
    asked = _oldest(available, micro_diamonds)
    gross_minor = _converted(_pico(asked, micro_minor_of), terms, currency)

    def needed(gross_minor: int) -> int:
        """The diamonds that this gross amount takes, of those free and of new ones after them."""
        return _needed(
            available,
            _pico_needed(gross_minor, terms, currency),
            micro_minor_of,
        )

    minimum_minor = terms.minimum_minor(country, currency)
    if gross_minor < minimum_minor:
        raise PayoutBelowMinimumError(
            minimum_minor=minimum_minor,
            currency=currency,
            needed_micro_diamonds=needed(_least_gross(of_currency, minimum_minor, withholding)),
        )
    proportional_fee_minor = proportional_fee(of_currency, gross_minor)
    withheld_minor = withholding.of(gross_minor, of_currency.increment_minor)
    kept_minor = of_currency.fixed_fee_minor + proportional_fee_minor + withheld_minor
    net_minor = gross_minor - kept_minor
    if net_minor <= 0:
        raise FeesExceedPayoutError(
            fees_minor=kept_minor,
            currency=currency,
            needed_micro_diamonds=needed(_least_gross(of_currency, gross_minor, withholding)),
        )
    correction_minor = settled(due_minor, net_minor, of_currency.increment_minor)
    parts = _trimmed(asked, _pico_needed(gross_minor, terms, currency), micro_minor_of)
    return Quote(
        parts=parts,
        worth_minor=_pico(parts, micro_minor_of) // _PICO_PER_MINOR,
        gross_minor=gross_minor,
        fixed_fee_minor=of_currency.fixed_fee_minor,
        proportional_fee_minor=proportional_fee_minor,
        withheld_minor=withheld_minor,
        correction_minor=correction_minor,
        net_minor=net_minor + correction_minor,
    )


def proportional_fee(terms: CurrencyTerms, gross_minor: int) -> int:
    """The part of the fee that grows with the amount; whatever is no whole increment is waived."""
    fee_minor = gross_minor * terms.fee_bps // 10_000
    return fee_minor - fee_minor % terms.increment_minor


def _least_gross(terms: CurrencyTerms, minimum_minor: int, withholding: Withholding) -> int:
    """The least gross amount that may be sent and leaves something after fees and withholding."""
    increment_minor = terms.increment_minor

    def leaves_something(gross_minor: int) -> bool:
        kept_minor = proportional_fee(terms, gross_minor)
        kept_minor += withholding.of(gross_minor, increment_minor)
        return gross_minor > terms.fixed_fee_minor + kept_minor

    # Fees and withholding are rounded apart, so that a little more may leave an increment less: no
    # halving finds the least. But unrounded, less than two increments less are left, and that
    # grows: below where it falls short by more there is nothing, and from there it is not far.
    left_bps = ALL_BPS - terms.fee_bps - withholding.bps
    least_minor = ALL_BPS * (terms.fixed_fee_minor - increment_minor) // left_bps
    increments = -(-max(minimum_minor, least_minor) // increment_minor)
    while not leaves_something(increments * increment_minor):
        increments += 1
    return increments * increment_minor


def _oldest(available: Iterable[Part], micro_diamonds: int) -> list[Part]:
    taken: list[Part] = []
    for part in available:
        if not micro_diamonds:
            break
        amount = min(part.micro_diamonds, micro_diamonds)
        taken.append(part._replace(micro_diamonds=amount))
        micro_diamonds -= amount
    assert not micro_diamonds, "the caller has made sure that the earnings suffice"
    return taken


def _pico(parts: Iterable[Part], micro_minor_of: MicroMinorOf) -> int:
    """What diamonds are worth, in 10^-12 minor units of the base currency."""
    return sum(part.micro_diamonds * micro_minor_of(part.rate_version) for part in parts)


def _ratio(terms: Terms, currency: str) -> tuple[int, int]:
    """Minor units of `currency` per 10^-12 minor units of the base, as a fraction."""
    conversion = terms.currencies[currency].conversion
    nano_rate = NANO if conversion is None else conversion.nano_rate
    return (
        nano_rate * 10 ** exponent(currency),
        NANO * _PICO_PER_MINOR * 10 ** exponent(terms.base_currency),
    )


def _converted(pico: int, terms: Terms, currency: str) -> int:
    numerator, denominator = _ratio(terms, currency)
    amount_minor = pico * numerator // denominator
    return amount_minor - amount_minor % terms.currencies[currency].increment_minor


def _pico_needed(gross_minor: int, terms: Terms, currency: str) -> int:
    """The least worth that comes to this amount."""
    numerator, denominator = _ratio(terms, currency)
    return -(-gross_minor * denominator // numerator)


def _trimmed(
    parts: Sequence[Part], pico_needed: int, micro_minor_of: MicroMinorOf
) -> tuple[Part, ...]:
    """The parts without what is not needed, which the newest of them give back."""
    excess = _pico(parts, micro_minor_of) - pico_needed
    kept: list[Part] = []
    for part in reversed(parts):
        worth = micro_minor_of(part.rate_version)
        given_back = min(part.micro_diamonds, excess // worth)
        excess -= given_back * worth
        if given_back < part.micro_diamonds:
            kept.append(part._replace(micro_diamonds=part.micro_diamonds - given_back))
    return tuple(reversed(kept))


def _needed(available: Sequence[Part], pico_needed: int, micro_minor_of: MicroMinorOf) -> int:
    """How many diamonds, oldest first, are worth so much; beyond the last, like the last."""
    micro_diamonds, worth = 0, 1
    for part in available:
        worth = micro_minor_of(part.rate_version)
        amount = min(part.micro_diamonds, -(-pico_needed // worth))
        micro_diamonds += amount
        pico_needed -= amount * worth
        if pico_needed <= 0:
            return micro_diamonds
    return micro_diamonds + -(-pico_needed // worth)
