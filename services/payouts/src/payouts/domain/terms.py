"""What a payout costs, and how small and how large it may be: versions that never change."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from chassis.money import UnknownCurrencyError, exponent
from chassis.stripe.amounts import payout_step_minor
from chassis.versions import check_follows
from contracts.event import COINS_MAX, Instant
from payouts.domain.review import HELD_FOR_SANCTIONS, HOLD_REASONS, Standing

type _Amount = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
type _Positive = Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)]
type _Days = Annotated[int, msgspec.Meta(ge=0, le=365)]

NANO: Final = 10**9
HOSTED_BY_STRIPE: Final = "stripe_connect"
LEAD: Final = timedelta(minutes=1)
"""Terms are published at least this long before they are in force, like rates."""


class Conversion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one unit of the base currency is in another, with where that was learnt and when."""

    nano_rate: _Positive
    """Billionths: 920_000_000 is 0.92 EUR for a dollar."""
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    observed_at: Instant


class CurrencyTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How money leaves in one currency; amounts are in its minor units."""

    minimum_minor: _Positive
    """The least gross amount of a payout."""
    fixed_fee_minor: _Amount
    """Of each payout."""
    fee_bps: Annotated[int, msgspec.Meta(ge=0, lt=10_000)]
    """Of the gross amount without commissions, rounded down: a fraction is the creator's."""
    increment_minor: _Positive = 1
    """Amounts are multiples of it. Banks take forints and Taiwan dollars whole, although these
    have two decimals."""
    conversion: Conversion | None = None
    """None for the base currency alone."""
    second_operator_from_minor: _Positive | None = None
    """One operator alone does not let so much or more leave that was stopped or kept back: the
    gross amount of a held payout, a correction of withholding. None: one is enough."""


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the terms, in force from a moment on until the next version is."""

    version: int
    effective_from: Instant
    base_currency: str
    """In which creators are owed, as in the rate book; maxima are in it."""
    day_max_minor: _Positive
    """Of all that a creator requests within 24 hours, whatever the currency."""
    week_max_minor: _Positive
    """Within seven times 24 hours."""
    send_after_minutes: Annotated[int, msgspec.Meta(ge=0, le=60 * 24 * 30)]
    """How long a payout waits before it is sent: time to cancel, and to review."""
    first_method_lock_days: _Days
    change_lock_days: _Days
    """How long a method that is not a creator's first cannot be used (E39, E40)."""
    conversion_max_age_hours: Annotated[int, msgspec.Meta(ge=1)] | None
    """Older conversions are not paid out at. Null: of any age, for a sandbox."""
    rails: tuple[str, ...]
    currencies: Mapping[str, CurrencyTerms]
    country_minimum_minor: Mapping[str, Mapping[str, _Positive]]
    """By country and currency, where it is more than the currency's own."""
    held_review_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    """Within how long somebody decides on a payout that is held (E35); None: whenever they do. Of
    the terms that are in force when it is asked, whenever the payout was requested."""
    returns_overdue_holds: tuple[str, ...] = ()
    """For what reasons payouts were held that creators get back when that time is over. All others
    wait for an operator, however long."""
    commission_max_bps: Annotated[int, msgspec.Meta(ge=0, le=9_000)] = 5_000
    """What all agencies of a creator may have of a payout together."""
    commission_hold_days: _Days = 30
    """How long after the creator's payout was paid a commission is pending: longer than a bank
    takes to send money back."""

    def minimum_minor(self, country: str, currency: str) -> int:
        """The least gross amount that may be sent there (C39)."""
        of_country = self.country_minimum_minor.get(country, {}).get(currency, 0)
        return max(self.currencies[currency].minimum_minor, of_country)

    def needs_second_operator(self, amount_minor: int, currency: str) -> bool:
        """Whether one operator alone does not let so much leave.

        Of the terms that are in force when it is to leave. Nor does one alone where the currency
        is withdrawn by then: nobody says any more how much is much in it.
        """
        if (each := self.currencies.get(currency)) is None:
            return True
        least_minor = each.second_operator_from_minor
        return least_minor is not None and amount_minor >= least_minor

    @property
    def most_fee_bps(self) -> int:
        """The largest proportional fee of any currency."""
        return max((each.fee_bps for each in self.currencies.values()), default=0)

    def lock(self, *, is_first: bool) -> timedelta:
        """How long a new method cannot be used."""
        return timedelta(days=self.first_method_lock_days if is_first else self.change_lock_days)

    def overdue_if_held_since(self, at: datetime) -> datetime | None:
        """Of payouts that were held then or earlier the review is overdue; None: of none."""
        days = self.held_review_days
        return None if days is None else at - timedelta(days=days)

    def gives_back(self, held_for: str | None, standing: Standing) -> bool:
        """Whether a payout whose review is overdue is the creator's again by itself.

        Never while the creator is on a list, whatever the payout was held for: money that
        sanctions hold is not made spendable by the passing of time.
        """
        return held_for in self.returns_overdue_holds and standing.holds != HELD_FOR_SANCTIONS


class TermsRefusedError(ValueError):
    """The terms must not be published; the message says which rule they break."""


def check_terms(
    published: Sequence[Terms],
    terms: Terms,
    *,
    now: datetime | None,
    owed_in: str,
    withheld_bps: int = 0,
) -> None:
    """Make sure that `terms` may follow what is published.

    Args:
        published: Every version so far, oldest first.
        terms: What is to be published.
        now: Later versions lie ahead of it; the first one may reach into the past. None: none is
            in force yet, so that all may.
        owed_in: The rate book's currency.
        withheld_bps: The largest share that is withheld by any table.

    Raises:
        TermsRefusedError: They break a rule.
    """
    check_follows(published, terms, TermsRefusedError)
    if published and now is not None and terms.effective_from < now + LEAD:
        raise TermsRefusedError(
            f"version {terms.version} must come into force at least {LEAD.seconds} s from now"
        )
    if terms.base_currency != owed_in:
        raise TermsRefusedError(f"creators are owed {owed_in}, not {terms.base_currency}")
    if terms.day_max_minor > terms.week_max_minor:
        raise TermsRefusedError("more may be paid in a day than in a week")
    if terms.base_currency not in terms.currencies:
        raise TermsRefusedError(f"{terms.base_currency} itself is missing from the currencies")
    for currency, each in terms.currencies.items():
        _check_currency(currency, each, is_base=currency == terms.base_currency)
        if HOSTED_BY_STRIPE in terms.rails and each.increment_minor % payout_step_minor(currency):
            raise TermsRefusedError(
                f"{currency}: Stripe pays out multiples of {payout_step_minor(currency)} alone"
            )
    if withheld_bps + terms.most_fee_bps >= 10_000:
        raise TermsRefusedError(
            f"version {terms.version} leaves nothing of a payout: {withheld_bps} bps are withheld "
            f"and {terms.most_fee_bps} bps are fees"
        )
    for country, minimums in terms.country_minimum_minor.items():
        if unknown := set(minimums) - set(terms.currencies):
            raise TermsRefusedError(f"{country} has a minimum in {', '.join(sorted(unknown))}")
    _check_holds(terms)
    _check_second_operators(terms)


def _check_second_operators(terms: Terms) -> None:
    without = {
        currency
        for currency, each in terms.currencies.items()
        if each.second_operator_from_minor is None
    }
    if len(without) not in (0, len(terms.currencies)):
        raise TermsRefusedError(
            f"a second operator is needed in some currencies and never in "
            f"{', '.join(sorted(without))}: name an amount in each, or in none"
        )


def _check_holds(terms: Terms) -> None:
    returned = set(terms.returns_overdue_holds)
    if unknown := returned - HOLD_REASONS:
        raise TermsRefusedError(f"no payout is held for {', '.join(sorted(unknown))}")
    if HELD_FOR_SANCTIONS in returned:
        raise TermsRefusedError("what is held for sanctions is never given back by itself")
    if returned and terms.held_review_days is None:
        raise TermsRefusedError("holds that are given back when overdue need held_review_days")


def _check_currency(currency: str, terms: CurrencyTerms, *, is_base: bool) -> None:
    try:
        exponent(currency)
    except UnknownCurrencyError as error:
        raise TermsRefusedError(str(error)) from error
    if is_base != (terms.conversion is None):
        raise TermsRefusedError(f"{currency}: all currencies but the base need a conversion")
    if terms.minimum_minor % terms.increment_minor or terms.fixed_fee_minor % terms.increment_minor:
        raise TermsRefusedError(f"{currency}: amounts must be multiples of the increment")
