"""What a payout comes to: which earnings it takes, and what they are in the method's currency.

Diamonds are worth what they were earned at (E43). All arithmetic is exact: an amount of diamonds is
first an integer of 10^-12 minor units of the currency in which creators are owed, and is rounded
once, down, to what the payout's currency can pay (E45). What makes no whole unit is not taken.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from chassis.money import exponent
from payouts.domain.agency import Commission, Contract, own_bps, shared
from payouts.domain.refusals import (
    CommissionBelowMinimumError,
    FeesExceedPayoutError,
    PayoutBelowMinimumError,
)
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
    """A payout before it is written. Commissions, fees, withheld and net are gross and the
    correction."""

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
    commissions: tuple[Commission, ...] = ()

    @property
    def commission_minor(self) -> int:
        """What agencies get."""
        return sum(each.amount_minor for each in self.commissions)

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
    contracts: Sequence[Contract] = (),
) -> Quote:
    """Take `micro_diamonds` of the earnings, oldest first, less what makes no whole unit.

    Args:
        available: The creator's free earnings that have matured, oldest first; they suffice.
        micro_diamonds: How much is asked for, at least 1.
        micro_minor_of: See the type.
        terms: In force, with `currency` among their currencies.
        country: Where the money goes.
        currency: What it arrives as.
        withholding: What share is withheld of what is the creator's.
        due_minor: What the creator is owed of earlier withholding; below zero what they owe.
        contracts: With agencies, in force: whose share is not the creator's (C47).

    Raises:
        PayoutBelowMinimumError: The gross amount is less than may be sent there.
        FeesExceedPayoutError: Nothing would be left after commissions, fees and withholding (E57).
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

    def least(minimum_minor: int) -> int:
        return needed(_least_gross(of_currency, minimum_minor, withholding, contracts))

    minimum_minor = terms.minimum_minor(country, currency)
    if gross_minor < minimum_minor:
        raise PayoutBelowMinimumError(
            minimum_minor=minimum_minor,
            currency=currency,
            needed_micro_diamonds=least(minimum_minor),
        )
    own_minor, commissions = shared(gross_minor, of_currency.increment_minor, contracts)
    kept = _kept(of_currency, own_minor, withholding)
    net_minor = own_minor - kept.all_minor
    if net_minor <= 0:
        raise FeesExceedPayoutError(
            fees_minor=gross_minor - net_minor,
            currency=currency,
            needed_micro_diamonds=least(gross_minor),
        )
    correction_minor = settled(due_minor, net_minor, of_currency.increment_minor)
    parts = _trimmed(asked, _pico_needed(gross_minor, terms, currency), micro_minor_of)
    return Quote(
        parts=parts,
        worth_minor=_pico(parts, micro_minor_of) // _PICO_PER_MINOR,
        gross_minor=gross_minor,
        fixed_fee_minor=kept.fixed_fee_minor,
        proportional_fee_minor=kept.proportional_fee_minor,
        withheld_minor=kept.withheld_minor,
        correction_minor=correction_minor,
        net_minor=net_minor + correction_minor,
        commissions=commissions,
    )


def quote_commission(
    amount_minor: int,
    *,
    terms: Terms,
    country: str,
    currency: str,
    withholding: Withholding,
    due_minor: int,
) -> Quote:
    """What a payout of an agency's commissions comes to: no diamonds, and nobody shares in it.

    Args:
        amount_minor: Gross, a multiple of the currency's increment above zero.
        terms: In force, with `currency` among their currencies.
        country: Where the money goes.
        currency: Of the commissions, in which it arrives.
        withholding: What share is withheld of the agency.
        due_minor: What the agency is owed of earlier withholding; below zero what it owes.

    Raises:
        CommissionBelowMinimumError: Less than may be sent there, or nothing would be left.
    """
    of_currency = terms.currencies[currency]
    minimum_minor = terms.minimum_minor(country, currency)
    kept = _kept(of_currency, amount_minor, withholding)
    net_minor = amount_minor - kept.all_minor
    if amount_minor < minimum_minor or net_minor <= 0:
        raise CommissionBelowMinimumError(
            needed_minor=_least_gross(
                of_currency, max(minimum_minor, amount_minor), withholding, ()
            ),
            currency=currency,
        )
    correction_minor = settled(due_minor, net_minor, of_currency.increment_minor)
    return Quote(
        parts=(),
        # Up, so that no limit is passed by what was rounded away.
        worth_minor=-(-_pico_needed(amount_minor, terms, currency) // _PICO_PER_MINOR),
        gross_minor=amount_minor,
        fixed_fee_minor=kept.fixed_fee_minor,
        proportional_fee_minor=kept.proportional_fee_minor,
        withheld_minor=kept.withheld_minor,
        correction_minor=correction_minor,
        net_minor=net_minor + correction_minor,
    )


class _Kept(NamedTuple):
    """What of somebody's part of a payout does not arrive."""

    fixed_fee_minor: int
    proportional_fee_minor: int
    withheld_minor: int

    @property
    def all_minor(self) -> int:
        return sum(self)


def _kept(terms: CurrencyTerms, own_minor: int, withholding: Withholding) -> _Kept:
    return _Kept(
        terms.fixed_fee_minor,
        proportional_fee(terms, own_minor),
        withholding.of(own_minor, terms.increment_minor),
    )


def proportional_fee(terms: CurrencyTerms, own_minor: int) -> int:
    """The part of the fee that grows with the amount; whatever is no whole increment is waived."""
    fee_minor = own_minor * terms.fee_bps // 10_000
    return fee_minor - fee_minor % terms.increment_minor


def _least_gross(
    terms: CurrencyTerms,
    minimum_minor: int,
    withholding: Withholding,
    contracts: Sequence[Contract],
) -> int:
    """The least gross amount that may be sent and leaves something of the creator's part."""
    increment_minor = terms.increment_minor

    def leaves_something(own_minor: int) -> bool:
        return own_minor > _kept(terms, own_minor, withholding).all_minor

    # Fees and withholding are rounded apart, so that a little more may leave an increment less: no
    # halving finds the least. But unrounded, less than two increments less are left, and that
    # grows: below where it falls short by more there is nothing, and from there it is not far.
    left_bps = ALL_BPS - terms.fee_bps - withholding.bps
    own = max(
        -(-(ALL_BPS * (terms.fixed_fee_minor - increment_minor) // left_bps) // increment_minor), 0
    )
    while not leaves_something(own * increment_minor):
        own += 1
    # Nor does the creator's part always grow with the whole, where several share; but it is less
    # than an increment more than its exact share.
    gross = max(-(-minimum_minor // increment_minor), (own - 1) * ALL_BPS // own_bps(contracts))
    while not leaves_something(shared(gross * increment_minor, increment_minor, contracts)[0]):
        gross += 1
    return gross * increment_minor


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
