"""Shares of an amount: all of it, each as near to its exact share as whole units allow (E44)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.split import split


@pytest.mark.parametrize(
    ("units", "weights", "parts"),
    [
        (100, (8_000, 2_000), (80, 20)),
        # One unit is left of thirds: it goes to the first of equal remainders.
        (100, (1, 1, 1), (34, 33, 33)),
        # 1.6 and 0.4: 70 % of 5 that becomes 3 is what must not happen (E44).
        (5, (7_000, 3_000), (4, 1)),
        (2, (8_000, 2_000), (2, 0)),
        # 3.5, 3.15, 0.35: two units are left, for the halves and not for the third.
        (7, (5_000, 4_500, 500), (4, 3, 0)),
        (0, (8_000, 2_000), (0, 0)),
        (7, (10_000,), (7,)),
    ],
)
def test_parts(units: int, weights: tuple[int, ...], parts: tuple[int, ...]) -> None:
    assert split(units, weights) == parts


@given(
    units=st.integers(0, 2**53 - 1),
    weights=st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(any),
)
def test_parts_are_all_of_it_and_within_a_unit(units: int, weights: list[int]) -> None:
    """Sum of parts = whole; who is rounded up has no smaller remainder than who is not."""
    parts = split(units, weights)

    exact = [Fraction(units * weight, sum(weights)) for weight in weights]
    assert sum(parts) == units
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
    up = [share % 1 for part, share in zip(parts, exact, strict=True) if part > share]
    down = [share % 1 for part, share in zip(parts, exact, strict=True) if part < share]
    assert not up or not down or min(up) >= max(down)
