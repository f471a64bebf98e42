"""What a creator has as of a day, in diamonds and in money."""

from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.earnings import DiamondAmount, Earnings, EarningsAtRate, Worth
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


_AMOUNT = st.integers(0, 2**51)


@given(
    st.lists(
        st.builds(EarningsAtRate, st.integers(1, 9), _AMOUNT, _AMOUNT, _AMOUNT, _AMOUNT, _AMOUNT),
        max_size=9,
    )
)
def test_all_places_are_lifetime(parts: list[EarningsAtRate]) -> None:
    earnings = Earnings.of(parts)

    assert (
        sum(
            place.micro_diamonds
            for place in (
                earnings.pending,
                earnings.available,
                earnings.reserved,
                earnings.paid_out,
                earnings.held,
            )
        )
        == earnings.lifetime.micro_diamonds
    )
