"""What a creator has as of a day, in diamonds and in money."""

from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.earnings import DiamondAmount, Earnings, Worth
from payouts.domain.rates import RateBook
from payouts.testing import a_rate


def test_half_a_cent_per_diamond() -> None:
    """Two diamonds are a cent; what is less than a cent stays diamonds."""
    book = RateBook([a_rate()])

    assert DiamondAmount(((1, 2_000_000),)).worth(book) == Worth(1, "USD")
    assert DiamondAmount(((1, 1_999_999),)).worth(book) == Worth(0, "USD")
    assert DiamondAmount(()).worth(book) == Worth(0, "USD")
    assert DiamondAmount(((1, 2**53 - 1),)).worth(book) == Worth(4_503_599_627, "USD")


def test_diamonds_keep_the_worth_of_their_time() -> None:
    """A later rate changes what is earned later, and nothing that was earned before (E43)."""
    book = RateBook([a_rate(1), a_rate(2, micro_minor=1_000_000)])

    assert DiamondAmount(((1, 4_000_000), (2, 4_000_000))).worth(book) == Worth(6, "USD")


def test_rounded_once_not_per_part() -> None:
    """Two halves of a cent, earned at two rates, are a cent (E44)."""
    book = RateBook([a_rate(1), a_rate(2, micro_minor=1_000_000)])

    assert DiamondAmount(((1, 1_000_000), (2, 500_000))).worth(book) == Worth(1, "USD")


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2**52), st.integers(0, 2**52)), max_size=9)
)
def test_pending_and_available_are_lifetime(parts: list[tuple[int, int, int]]) -> None:
    earnings = Earnings.of(parts)

    assert (
        earnings.pending.micro_diamonds + earnings.available.micro_diamonds
        == earnings.lifetime.micro_diamonds
    )
