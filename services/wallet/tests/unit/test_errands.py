"""Deadlines, pauses and shares: what stores are owed, as numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.claims import ChargedBack, RefundedShare, claim_of
from wallet.domain.errands import WITHIN, ErrandKind, Usage, errand, pause_after
from wallet.domain.lots import COINS_MAX
from wallet.domain.voids import LISTED_FOR, window
from wallet.testing.buying import a_purchase

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "late_after", "within"),
    [
        ("consume", timedelta(hours=18), timedelta(days=3)),
        ("tell_usage", timedelta(hours=3), timedelta(hours=12)),
    ],
)
def test_lateness_leaves_most_of_the_time(
    kind: ErrandKind, late_after: timedelta, within: timedelta
) -> None:
    wanted = errand(kind, a_purchase(), "pay", cause="c", at=NOW)

    assert (wanted.late_at, wanted.deadline_at) == (NOW + late_after, NOW + within)
    assert not wanted.is_missed(wanted.deadline_at - timedelta(microseconds=1))
    assert wanted.is_missed(wanted.deadline_at)


@given(st.integers(min_value=0, max_value=10**6))
def test_pauses_grow_to_a_bound(attempts: int) -> None:
    """However long an outage lasts there are tries enough before the nearest deadline."""
    pause = pause_after(attempts)

    assert timedelta(seconds=30) <= pause <= timedelta(minutes=30)
    assert pause <= pause_after(attempts + 1)
    assert pause * 20 < min(WITHIN.values())


@given(st.integers(0, COINS_MAX), st.integers(0, COINS_MAX))
def test_share_is_never_more_than_all(coins: int, spent: int) -> None:
    """And all only when all was spent."""
    usage = Usage(coins, min(spent, coins), consents=True)

    assert 0 <= usage.spent_milli_percent <= 100_000
    assert (usage.spent_milli_percent == 100_000) == (coins > 0 and usage.spent_coins == coins)


@given(
    st.integers(1, COINS_MAX),
    st.integers(0, 100_000),
    st.integers(0, 100_000),
)
def test_shares_of_a_payment_are_of_it(paid_minor: int, refunded: int, returned: int) -> None:
    """Never more than was paid, nor more returned than was refunded; all of it for all."""
    claim = claim_of(RefundedShare(refunded, returned), paid_minor)

    if claim is None:
        assert paid_minor * max(refunded, returned) < 100_000
        return
    assert 0 <= claim.returned_minor <= claim.claimed_minor <= paid_minor
    if max(refunded, returned) == 100_000:
        assert claim.claimed_minor == paid_minor


def test_what_the_bank_took_back_is_decided() -> None:
    claim = claim_of(ChargedBack("id"), 899)

    assert claim is not None
    assert (claim.kind, claim.net_minor, claim.is_open) == ("chargeback", 899, False)


@given(st.none() | st.timedeltas(timedelta(0), timedelta(days=90)))
def test_windows_leave_no_gap_unsaid(since: timedelta | None) -> None:
    """What was read joins what is read, or it is said that it does not; Google is asked for no
    more than it has."""
    read_until = None if since is None else NOW - since

    wanted = window(read_until, NOW)

    assert wanted.end == NOW
    assert NOW - LISTED_FOR < wanted.start < NOW
    if read_until is not None:
        assert wanted.has_gap == (wanted.start > read_until)
