"""Currencies and their smallest units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import EXPONENTS, UnknownCurrencyError, exponent, in_words


@pytest.mark.parametrize(
    ("currency", "places"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("HUF", 2),
        ("TWD", 2),
        ("JPY", 0),
        ("ISK", 0),
        ("UGX", 0),
        ("KWD", 3),
    ],
)
def test_exponent_is_the_currencys(currency: str, places: int) -> None:
    assert exponent(currency) == places


@pytest.mark.parametrize("currency", ["", "usd", "XXX", "BTC", "US"])
def test_unknown_currency_is_not_guessed(currency: str) -> None:
    with pytest.raises(UnknownCurrencyError, match="unknown currency"):
        exponent(currency)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "words"),
    [
        (0, "USD", "0.00 USD"),
        (1234, "USD", "12.34 USD"),
        (-5, "USD", "-0.05 USD"),
        (1234, "JPY", "1234 JPY"),
        (1234, "KWD", "1.234 KWD"),
        (-1, "KWD", "-0.001 KWD"),
    ],
)
def test_amount_in_words(amount_minor: int, currency: str, words: str) -> None:
    assert in_words(amount_minor, currency) == words


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from(sorted(EXPONENTS)))
def test_words_lose_nothing(amount_minor: int, currency: str) -> None:
    number, code = in_words(amount_minor, currency).split(" ")

    assert int(number.replace(".", "")) == amount_minor
    assert code == currency
