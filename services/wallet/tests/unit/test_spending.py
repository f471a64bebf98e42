"""Windows that roll: what was spent, what still fits, and when there is room again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.limits import Limits, Pending, Terms
from wallet.domain.lots import COINS_MAX
from wallet.domain.spending import RECALLED, Allowance, Reached, Spending, Spent, Trail
from wallet.testing.model import Model, ModelCharge, ModelLimits, ModelLot, ModelTerms

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DAY, WEEK = timedelta(hours=24), timedelta(days=7)
EDGE = timedelta(microseconds=1)


def spending_of(terms: Terms, *spent: Spent, pending: Pending | None = None) -> Spending:
    spending = Spending(Limits(1, terms, pending), known_since=NOW - RECALLED)
    spending.note(spent, version=7)
    return spending


def test_a_window_ends_now_and_begins_just_after_a_day_ago() -> None:
    """What was spent 24 hours ago to the microsecond is out of the window; later is in it."""
    spending = spending_of(
        Terms(day_coins=10),
        Spent(NOW - DAY, "star", 100),
        Spent(NOW - DAY + EDGE, "star", 6),
    )

    allowance = Allowance(spending, NOW)

    assert allowance.reached("star", 4) is None
    assert allowance.reached("star", 5) == Reached("day_limit_reached", 10, 6, NOW + EDGE)


def test_what_a_batch_spends_counts_at_once() -> None:
    allowance = Allowance(spending_of(Terms(day_coins=10)), NOW)

    allowance.spend("star", 7)

    assert allowance.reached("other", 3) is None
    assert allowance.reached("other", 4) == Reached("day_limit_reached", 10, 7, NOW + DAY)


def test_a_charge_above_the_limit_never_fits() -> None:
    allowance = Allowance(spending_of(Terms(week_coins=10)), NOW)

    assert allowance.reached("star", 11) == Reached("week_limit_reached", 10, 0, None)


def test_creators_count_apart() -> None:
    spending = spending_of(
        Terms(creator_day_coins=10), Spent(NOW - DAY / 2, "star", 8), Spent(NOW, "other", 9)
    )
    allowance = Allowance(spending, NOW)
    allowance.spend("star", 1)

    assert allowance.reached("star", 1) is None
    assert allowance.reached("star", 2) == Reached("creator_limit_reached", 10, 9, NOW + DAY / 2)
    assert allowance.reached("new", 10) is None


def test_a_creators_window_begins_just_after_a_day_ago_too() -> None:
    spending = spending_of(
        Terms(creator_day_coins=10),
        Spent(NOW - DAY, "star", 100),
        Spent(NOW - DAY + EDGE, "star", 6),
    )

    allowance = Allowance(spending, NOW)

    assert allowance.reached("star", 4) is None
    assert allowance.reached("star", 5) == Reached("creator_limit_reached", 10, 6, NOW + EDGE)


def test_no_limit_at_all_is_no_limit() -> None:
    """Whoever took their limits off may spend all that a wallet holds, and be short of more."""
    allowance = Allowance(spending_of(Terms()), NOW)
    allowance.spend("star", COINS_MAX)

    assert allowance.reached("star", COINS_MAX) is None


def test_the_first_limit_reached_is_told() -> None:
    terms = Terms(day_coins=10, week_coins=10, creator_day_coins=10)
    allowance = Allowance(spending_of(terms, Spent(NOW, "star", 10)), NOW)

    reached = allowance.reached("star", 1)

    assert reached is not None
    assert reached.limit == "day_limit_reached"


def test_limits_that_waited_hold_from_their_moment() -> None:
    pending = Pending(Terms(day_coins=20), NOW - DAY, NOW)
    spending = spending_of(Terms(day_coins=10), pending=pending)

    assert Allowance(spending, NOW - EDGE).reached("star", 11) is not None
    assert Allowance(spending, NOW).reached("star", 11) is None


def test_nothing_is_noted_until_it_is_settled() -> None:
    """A batch that is rolled back has spent nothing."""
    spending = spending_of(Terms(day_coins=10))
    Allowance(spending, NOW).spend("star", 10)

    assert Allowance(spending, NOW).reached("star", 10) is None

    allowance = Allowance(spending, NOW)
    allowance.spend("star", 10)
    assert allowance.settle(8) is spending
    assert spending.version == 8
    assert Allowance(spending, NOW).reached("star", 1) is not None


def test_old_spending_is_forgotten_and_asked_for_again_when_the_clock_steps_back() -> None:
    spending = spending_of(Terms(day_coins=10, creator_day_coins=5))
    at = NOW
    for hour in range(1_000):
        at = NOW + timedelta(hours=hour)
        allowance = Allowance(spending, at)
        allowance.spend(f"creator-{hour}", 1)
        allowance.settle(8 + hour)

    assert len(spending.all) < 400
    assert spending.is_of(1, 2_000, at)
    assert spending.is_of(1, 2_000, at - timedelta(minutes=50))
    assert not spending.is_of(1, 2_000, at - WEEK)
    assert not spending.is_of(2, 2_000, at)
    assert not spending.is_of(1, 6, at)


TIMES = st.integers(0, 8 * 24).map(lambda hours: NOW - timedelta(hours=hours))
HISTORY = st.lists(st.tuples(TIMES, st.integers(1, 30)), max_size=40)


@given(HISTORY, TIMES, st.integers(1, 100))
def test_running_sums_are_sums(
    history: list[tuple[datetime, int]], since: datetime, coins: int
) -> None:
    """In whatever order they came."""
    trail = Trail()
    for at, spent in history:
        trail.add(at, spent)

    later = sorted((at, spent) for at, spent in history if at > since)
    assert trail.spent_after(since) == sum(spent for _, spent in later)
    running, expected = 0, None
    for at, spent in later:
        running += spent
        if running >= coins:
            expected = at
            break
    assert trail.spent_when(coins, after=since) == expected


STEPS = st.sampled_from([timedelta(), EDGE, DAY / 3, DAY - EDGE, DAY, WEEK - EDGE, WEEK])
LIMIT = st.none() | st.integers(1, 60)
SENDS = st.lists(
    st.tuples(STEPS, st.sampled_from(["star", "other"]), st.integers(1, 40)), max_size=30
)


@given(st.builds(ModelTerms, LIMIT, LIMIT, LIMIT), SENDS)
def test_sends_fit_as_the_model_says(
    terms: ModelTerms, sends: list[tuple[timedelta, str, int]]
) -> None:
    """Every answer with its numbers, at the very edges of windows too; one batch per instant."""
    model, at = Model(), NOW
    model.credit("ann", ModelLot(1, "purchased", 10_000, None))
    model.wallet("ann").limits = ModelLimits(now=terms)
    spending = spending_of(
        Terms(day_coins=terms.day, week_coins=terms.week, creator_day_coins=terms.creator)
    )
    allowance = Allowance(spending, at)
    for number, (step, creator, coins) in enumerate(sends):
        if step:
            allowance.settle(number)
            at += step
            allowance = Allowance(spending, at)

        reached = allowance.reached(creator, coins)

        expected = model.charge(ModelCharge(number, "ann", coins, creator), at)
        if reached is None:
            assert expected.outcome == "posted"
            allowance.spend(creator, coins)
        else:
            assert expected.outcome == reached.limit
            assert expected.reached == (
                reached.limit_coins,
                reached.spent_coins,
                reached.frees_up_at,
            )
