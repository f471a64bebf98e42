"""How limits change: down at once, up after the cooling-off."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.limits import (
    UNLIMITED,
    InvalidLimitError,
    Limits,
    SpendPolicy,
    SpendPolicyRefusedError,
    Terms,
    change,
    check_policy,
    check_terms,
)
from wallet.domain.lots import COINS_MAX
from wallet.testing.buying import first_spend_policies
from wallet.testing.model import Model, ModelTerms

NOW = datetime(2026, 9, 1, tzinfo=UTC)
RAISED, REMOVED = timedelta(hours=24), timedelta(hours=168)
POLICY = SpendPolicy(1, NOW, 24, 168)


def a_policy(version: int = 1, day: int = 1, **changes: object) -> SpendPolicy:
    policy = SpendPolicy(version, datetime(2026, 1, day, tzinfo=UTC), 24, 168)
    return msgspec.structs.replace(policy, **changes)


def limits_of(**terms: int | None) -> Limits:
    """Limits that were set for the first time, long ago."""
    return change(UNLIMITED, Terms(**terms), POLICY, at=NOW - timedelta(days=99)).limits


def test_a_first_limit_holds_at_once() -> None:
    changed = change(UNLIMITED, Terms(day_coins=100), POLICY, at=NOW)

    assert changed.limits == Limits(1, Terms(day_coins=100), None)
    assert not changed.is_rise


def test_a_lower_limit_holds_at_once() -> None:
    changed = change(limits_of(day_coins=100), Terms(day_coins=60), POLICY, at=NOW)

    assert (changed.limits.in_force(NOW), changed.limits.pending) == (Terms(day_coins=60), None)


@pytest.mark.parametrize(
    ("wanted", "waits"), [(Terms(day_coins=101), RAISED), (Terms(), REMOVED)], ids=["up", "off"]
)
def test_a_higher_limit_holds_after_the_cooling_off(wanted: Terms, waits: timedelta) -> None:
    changed = change(limits_of(day_coins=100), wanted, POLICY, at=NOW)

    limits = changed.limits
    assert changed.is_rise
    assert limits.in_force(NOW + waits - timedelta(microseconds=1)) == Terms(day_coins=100)
    assert limits.in_force(NOW + waits) == wanted
    assert limits.waiting(NOW + waits) is None


def test_each_limit_goes_its_own_way() -> None:
    """In one request: the day down at once, the week up later."""
    before = limits_of(day_coins=100, week_coins=300)

    limits = change(before, Terms(day_coins=50, week_coins=400), POLICY, at=NOW).limits

    assert limits.in_force(NOW) == Terms(day_coins=50, week_coins=300)
    assert limits.in_force(NOW + RAISED) == Terms(day_coins=50, week_coins=400)


def test_asking_again_does_not_begin_the_waiting_anew() -> None:
    before = change(limits_of(day_coins=100), Terms(day_coins=200), POLICY, at=NOW).limits

    later = NOW + RAISED / 2
    again = change(before, Terms(day_coins=200), POLICY, at=later)
    less = change(before, Terms(day_coins=150), POLICY, at=later)
    more = change(before, Terms(day_coins=201), POLICY, at=later)

    assert again.limits is before
    assert less.limits.pending is not None
    assert less.limits.pending.effective_at == NOW + RAISED
    assert more.limits.pending is not None
    assert more.limits.pending.effective_at == later + RAISED
    assert (again.is_rise, less.is_rise, more.is_rise) == (False, False, True)


def test_asking_for_what_holds_takes_a_rise_back() -> None:
    before = change(limits_of(day_coins=100), Terms(day_coins=200), POLICY, at=NOW).limits

    limits = change(before, Terms(day_coins=100), POLICY, at=NOW + RAISED / 2).limits

    assert limits.in_force(NOW + 2 * RAISED) == Terms(day_coins=100)


@pytest.mark.parametrize("coins", [0, -1, COINS_MAX + 1])
@pytest.mark.parametrize("name", ["day_coins", "week_coins", "creator_day_coins"])
def test_what_cannot_be_a_limit_is_refused(name: str, coins: int) -> None:
    check_terms(Terms(**{name: COINS_MAX}))
    with pytest.raises(InvalidLimitError):
        check_terms(Terms(**{name: coins}))


LIMIT = st.none() | st.integers(1, 5)
CHANGES = st.lists(
    st.tuples(
        st.builds(ModelTerms, LIMIT, LIMIT, LIMIT),
        st.sampled_from([timedelta(), timedelta(hours=5), RAISED, REMOVED]),
    ),
    max_size=12,
)


@given(CHANGES)
def test_changes_are_as_the_model_says(changes: list[tuple[ModelTerms, timedelta]]) -> None:
    """Whatever is asked for when; and nothing that holds is ever loosened by a request."""
    model, limits, at = Model(), UNLIMITED, NOW
    for wanted, later in changes:
        at += later
        held = limits.in_force(at)
        terms = Terms(
            day_coins=wanted.day, week_coins=wanted.week, creator_day_coins=wanted.creator
        )

        limits = change(limits, terms, POLICY, at=at).limits

        expected = model.set_limits("ann", wanted, at, raised=RAISED, removed=REMOVED)
        for moment in (at, at + RAISED, at + REMOVED):
            now = limits.in_force(moment)
            assert expected.at(moment) == (now.day_coins, now.week_coins, now.creator_day_coins)
        assert limits.in_force(at).is_within(held)


def test_the_first_policy_may_be_published() -> None:
    published: list[SpendPolicy] = []
    for policy in first_spend_policies():
        check_policy(published, policy)
        published.append(policy)


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (a_policy(3, 2), "must be 2"),
        (a_policy(2, 1), "after version 1"),
        (a_policy(2, 2, remove_after_hours=23), "must not be sooner"),
    ],
    ids=["gap", "not later", "removing is easier"],
)
def test_a_policy_that_breaks_a_rule_is_refused(policy: SpendPolicy, problem: str) -> None:
    check_policy([a_policy()], a_policy(2, 2))
    with pytest.raises(SpendPolicyRefusedError, match=problem):
        check_policy([a_policy()], policy)
