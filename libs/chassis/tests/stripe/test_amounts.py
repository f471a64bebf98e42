"""Amounts pass to Stripe and back without a loss, or do not pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import EXPONENTS, UnknownCurrencyError
from chassis.stripe.amounts import (
    UnchargeableError,
    from_stripe,
    payout_step_minor,
    to_stripe,
)
from contracts.event import COINS_MAX


@pytest.mark.parametrize(
    ("currency", "amount_minor", "amount"),
    [
        ("USD", 889, 889),
        ("HUF", 89_000, 89_000),  # two decimals to charge, none to pay out
        ("TWD", 30_000, 30_000),
        ("JPY", 700, 700),
        ("KRW", 1_300, 1_300),
        ("ISK", 5, 500),
        ("UGX", 5, 500),
        ("MGA", 4_000_00, 4_000),
        ("KWD", 5_120, 5_120),
        ("TND", 10, 10),
    ],
)
def test_minor_units_are_those_of_stripe(currency: str, amount_minor: int, amount: int) -> None:
    """As its page on currencies says (E45)."""
    assert to_stripe(amount_minor, currency) == amount
    assert from_stripe(amount, currency) == amount_minor


@pytest.mark.parametrize(
    ("currency", "amount_minor"), [("KWD", 5_124), ("BHD", 1), ("OMR", 9_999), ("MGA", 4_000_01)]
)
def test_what_stripe_cannot_charge_is_refused(currency: str, amount_minor: int) -> None:
    """Never rounded: the price would be another than was shown."""
    with pytest.raises(UnchargeableError, match="too fine for Stripe"):
        to_stripe(amount_minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [(501, "ISK"), (1, "UGX"), (COINS_MAX // 100 + 1, "MGA")]
)
def test_amount_that_is_none_of_ours(amount: int, currency: str) -> None:
    with pytest.raises(ValueError, match="no amount of ours"):
        from_stripe(amount, currency)


def test_currency_that_nobody_knows() -> None:
    with pytest.raises(UnknownCurrencyError):
        to_stripe(1, "XXX")
    with pytest.raises(UnknownCurrencyError):
        from_stripe(1, "XXX")


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(1, COINS_MAX))
def test_amount_comes_back_as_it_went(currency: str, amount_minor: int) -> None:
    """Exactly, in every currency, or it does not go."""
    try:
        amount = to_stripe(amount_minor, currency)
    except UnchargeableError:
        assert currency in {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "MGA"}
        return

    assert from_stripe(amount, currency) == amount_minor


@pytest.mark.parametrize(
    ("currency", "step_minor"),
    [
        ("USD", 1),
        ("JPY", 1),
        ("ISK", 1),
        ("UGX", 1),
        ("HUF", 100),
        ("TWD", 100),
        ("KWD", 10),
        ("MGA", 100),
    ],
)
def test_what_is_paid_out_is_a_multiple_of_the_step(currency: str, step_minor: int) -> None:
    """Whole forints and Taiwan dollars, and no last digit of three (E45)."""
    assert payout_step_minor(currency) == step_minor


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(1, COINS_MAX // 1_000))
def test_every_multiple_of_the_step_passes(currency: str, steps: int) -> None:
    amount_minor = steps * payout_step_minor(currency)

    assert from_stripe(to_stripe(amount_minor, currency), currency) == amount_minor
