"""Which rate is in force when, and which rate may follow."""

from datetime import UTC, datetime, timedelta

import pytest

from payouts.domain.rates import (
    LEAD,
    NoRateError,
    Rate,
    RateBook,
    RateRefusedError,
    check_publication,
)
from payouts.testing import a_rate

NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
LATER = NOW + LEAD


def test_rate_in_force_is_the_last_that_began() -> None:
    """A version is in force from its very first moment to the last before the next one's."""
    book = RateBook([a_rate(2, NOW), a_rate(1, NOW - timedelta(days=9))])

    assert book.in_force(NOW - timedelta(microseconds=1)).version == 1
    assert book.in_force(NOW).version == 2
    assert book.in_force(NOW + timedelta(days=999)).version == 2


def test_no_rate_before_the_first() -> None:
    with pytest.raises(NoRateError):
        RateBook([a_rate(1, NOW)]).in_force(NOW - timedelta(microseconds=1))


def test_first_version_may_reach_into_the_past() -> None:
    check_publication(RateBook([]), a_rate(1, datetime(2020, 1, 1, tzinfo=UTC)), now=NOW)


def test_next_version_may_change_every_rate() -> None:
    book = RateBook([a_rate(1)])

    check_publication(
        book,
        a_rate(2, LATER, purchased=1_000_000, bonus=1, earned=0, granted=999_999, micro_minor=1),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("rate", "rule"),
    [
        (a_rate(3, LATER), "versions have no gaps"),
        (a_rate(1, LATER), "versions have no gaps"),
        (a_rate(2, datetime(2020, 1, 1, tzinfo=UTC)), "after version 1"),
        (a_rate(2, LATER - timedelta(microseconds=1)), "at least 60 s from now"),
        (a_rate(2, LATER, purchased=0), "purchased coins must earn"),
        (a_rate(2, LATER, purchased=1_000_001), "purchased coins must earn"),
        (a_rate(2, LATER, bonus=500_000), "bonus coins must earn"),
        (a_rate(2, LATER, earned=500_000), "earned coins must earn"),
        (a_rate(2, LATER, granted=500_000), "granted coins must earn"),
        (a_rate(2, LATER, bonus=-1), "bonus coins must earn"),
        (a_rate(2, LATER, micro_minor=0), "must be worth"),
        (a_rate(2, LATER, micro_minor=10**12 + 1), "must be worth"),
        (a_rate(2, LATER, currency="EUR"), "must stay in USD"),
        (a_rate(2, LATER, currency="XXX"), "unknown currency"),
    ],
)
def test_rate_that_must_not_follow(rate: Rate, rule: str) -> None:
    """Each rule by itself keeps a rate out."""
    book = RateBook([a_rate()])

    with pytest.raises(RateRefusedError, match=rule):
        check_publication(book, rate, now=NOW)
