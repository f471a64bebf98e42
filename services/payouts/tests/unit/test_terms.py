"""Terms that must not be published, and what those in force say."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from payouts.domain.terms import CurrencyTerms, Terms, TermsRefusedError, check_terms
from payouts.testing.paying import a_conversion, some_terms

NOW = datetime(2026, 5, 10, tzinfo=UTC)
USD = some_terms().currencies["USD"]
JPY = some_terms().currencies["JPY"]


def altered(currency: CurrencyTerms, **changes: object) -> CurrencyTerms:
    return msgspec.structs.replace(currency, **changes)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (some_terms(2), "version 2 must be 1"),
        (some_terms(base_currency="EUR"), "owed USD, not EUR"),
        (some_terms(day_max_minor=2, week_max_minor=1), "more may be paid in a day"),
        (some_terms(currencies={"JPY": JPY}), "USD itself is missing"),
        (some_terms(currencies={"USD": USD, "XXX": JPY}), "unknown currency 'XXX'"),
        (some_terms(currencies={"USD": altered(USD, conversion=a_conversion(1))}), "the base"),
        (some_terms(currencies={"USD": USD, "JPY": altered(JPY, conversion=None)}), "the base"),
        (some_terms(currencies={"USD": altered(USD, increment_minor=7)}), "multiples"),
        (some_terms(rails=("stripe_connect",)), "KWD: Stripe pays out multiples of 10 alone"),
        (some_terms(country_minimum_minor={"DE": {"EUR": 1}}), "DE has a minimum in EUR"),
        (some_terms(returns_overdue_holds=("sanction_hit",)), "never given back by itself"),
        (some_terms(returns_overdue_holds=("boredom",)), "no payout is held for boredom"),
        (some_terms(held_review_days=None), "need held_review_days"),
        (
            some_terms(currencies={"USD": altered(USD, second_operator_from_minor=1), "JPY": JPY}),
            "never in JPY",
        ),
    ],
)
def test_terms_that_cannot_be(terms: Terms, reason: str) -> None:
    with pytest.raises(TermsRefusedError, match=reason):
        check_terms([], terms, now=NOW, owed_in="USD")


@pytest.mark.parametrize(
    ("effective_from", "reason"),
    [
        (datetime(2019, 1, 1, tzinfo=UTC), "after version 1"),
        (NOW + timedelta(seconds=59), "at least 60 s from now"),
    ],
)
def test_later_terms_lie_ahead(effective_from: datetime, reason: str) -> None:
    """What a creator was promised when asking is not changed behind their back."""
    with pytest.raises(TermsRefusedError, match=reason):
        check_terms(
            [some_terms()], some_terms(2, effective_from=effective_from), now=NOW, owed_in="USD"
        )


def test_good_terms_pass() -> None:
    check_terms([], some_terms(), now=NOW, owed_in="USD")
    later = some_terms(2, effective_from=NOW + timedelta(minutes=1))
    check_terms([some_terms()], later, now=NOW, owed_in="USD")


@pytest.mark.parametrize(
    ("amount_minor", "currency", "needed"),
    [
        (499, "USD", False),
        (500, "USD", True),
        (501, "USD", True),
        (500, "JPY", False),
        (1, "XXX", True),
    ],
)
def test_how_much_takes_two(amount_minor: int, currency: str, needed: bool) -> None:
    """From the currency's amount on; in a currency that is withdrawn, everything."""
    terms = some_terms(
        currencies={
            "USD": altered(USD, second_operator_from_minor=500),
            "JPY": altered(JPY, second_operator_from_minor=70_000),
        }
    )

    assert terms.needs_second_operator(amount_minor, currency) == needed


def test_terms_that_name_no_amount() -> None:
    """One operator is enough for all that can be paid out."""
    assert not some_terms().needs_second_operator(2**53 - 1, "USD")


@pytest.mark.parametrize(
    "change",
    [
        {"second_operator_from_minor": 0},
        {"minimum_minor": 0},
        {"fixed_fee_minor": -1},
        {"fee_bps": 10_000},
        {"fee_bps": 1.5},
        {"increment_minor": 0},
        {"surprise": 1},
    ],
)
def test_file_with_impossible_amounts_is_not_read(change: dict[str, object]) -> None:
    document = msgspec.to_builtins(some_terms())
    document["currencies"]["USD"] |= change

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(document), type=Terms)


def test_what_is_shipped_says_everything() -> None:
    """Nobody is promised a field's default: shares and times of agencies stand in the file, too."""
    text = files("payouts.data").joinpath("payout_terms.json").read_bytes()
    for version in msgspec.json.decode(text, type=list[dict[str, Any]]):
        assert version.keys() == set(Terms.__struct_fields__)
