"""Windows that roll: what was spent, what still fits, and when there is room again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.caps import NO_CAPS, Caps
from wallet.domain.limits import Limits, Pending, Terms
from wallet.domain.lots import COINS_MAX
from wallet.domain.spending import RECALLED, Reached, Spending, Spent
from wallet.testing.model import Model, ModelCaps, ModelCharge, ModelLimits, ModelLot, ModelTerms

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DAY, WEEK = timedelta(hours=24), timedelta(days=7)
EDGE = timedelta(microseconds=1)


def spending_of(terms: Terms, *spent: Spent, pending: Pending | None = None) -> Spending:
    spending = Spending(Limits(1, terms, pending), known_since=NOW - RECALLED)
    spending.note(spent, version=7)
    return spending


def begun(spending: Spending, at: datetime) -> Spending:
    """The same in a batch of that time."""
    spending.begin(at)
    return spending


def test_a_window_ends_now_and_begins_just_after_a_day_ago() -> None:
    """What was spent 24 hours ago to the microsecond is out of the window; later is in it."""
    spending = spending_of(
        Terms(day_coins=10),
        Spent(NOW - DAY, "star", 100),
        Spent(NOW - DAY + EDGE, "star", 6),
    )

    batch = begun(spending, NOW)

    assert batch.reached("star", 4) is None
    assert batch.reached("star", 5) == Reached("day_limit_reached", 10, 6, NOW + EDGE)


def test_what_a_batch_spends_counts_at_once() -> None:
    batch = begun(spending_of(Terms(day_coins=10)), NOW)

    batch.spend("star", 7)

    assert batch.reached("other", 3) is None
    assert batch.reached("other", 4) == Reached("day_limit_reached", 10, 7, NOW + DAY)


def test_a_charge_above_the_limit_never_fits() -> None:
    batch = begun(spending_of(Terms(week_coins=10)), NOW)

    assert batch.reached("star", 11) == Reached("week_limit_reached", 10, 0, None)


def test_creators_count_apart() -> None:
    spending = spending_of(
        Terms(creator_day_coins=10), Spent(NOW - DAY / 2, "star", 8), Spent(NOW, "other", 9)
    )
    batch = begun(spending, NOW)
    batch.spend("star", 1)

    assert batch.reached("star", 1) is None
    assert batch.reached("star", 2) == Reached("creator_limit_reached", 10, 9, NOW + DAY / 2)
    assert batch.reached("new", 10) is None


def test_a_creators_window_begins_just_after_a_day_ago_too() -> None:
    spending = spending_of(
        Terms(creator_day_coins=10),
        Spent(NOW - DAY, "star", 100),
        Spent(NOW - DAY + EDGE, "star", 6),
    )

    batch = begun(spending, NOW)

    assert batch.reached("star", 4) is None
    assert batch.reached("star", 5) == Reached("creator_limit_reached", 10, 6, NOW + EDGE)


def test_no_limit_at_all_is_no_limit() -> None:
    """Whoever took their limits off may spend all that a wallet holds, and be short of more."""
    batch = begun(spending_of(Terms()), NOW)
    batch.spend("star", COINS_MAX)

    assert batch.reached("star", COINS_MAX) is None


def test_the_first_limit_reached_is_told() -> None:
    terms = Terms(day_coins=10, week_coins=10, creator_day_coins=10)
    batch = begun(spending_of(terms, Spent(NOW, "star", 10)), NOW)

    reached = batch.reached("star", 1)

    assert reached is not None
    assert reached.limit == "day_limit_reached"


def test_limits_that_waited_hold_from_their_moment() -> None:
    pending = Pending(Terms(day_coins=20), NOW - DAY, NOW)
    spending = spending_of(Terms(day_coins=10), pending=pending)

    assert begun(spending, NOW - EDGE).reached("star", 11) is not None
    assert begun(spending, NOW).reached("star", 11) is None


def test_nothing_is_noted_until_it_is_settled() -> None:
    """A batch that is rolled back has spent nothing."""
    spending = spending_of(Terms(day_coins=10))
    begun(spending, NOW).spend("star", 10)

    assert begun(spending, NOW).reached("star", 10) is None

    batch = begun(spending, NOW)
    batch.spend("star", 10)
    batch.settle(8)
    assert spending.version == 8
    assert begun(spending, NOW).reached("star", 1) is not None


def test_old_spending_is_forgotten_and_says_so() -> None:
    spending = spending_of(Terms(day_coins=10, creator_day_coins=5))
    at = NOW
    for hour in range(1_000):
        at = NOW + timedelta(hours=hour)
        batch = begun(spending, at)
        batch.spend(f"creator-{hour}", 1)
        batch.settle(8 + hour)

    assert len(spending) < 400
    assert at - WEEK - timedelta(hours=70) < spending.known_since < at - WEEK


TIMES = st.integers(0, 8 * 24).map(lambda hours: NOW - timedelta(hours=hours))
HISTORY = st.lists(st.tuples(TIMES, st.sampled_from(["star", "other"]), st.integers(1, 30)))
LIMIT = st.none() | st.integers(1, 60)


@given(HISTORY, st.builds(ModelTerms, LIMIT, LIMIT, LIMIT), st.lists(TIMES, min_size=1, max_size=4))
def test_whatever_the_clocks_say_the_window_is_counted(
    history: list[tuple[datetime, str, int]], terms: ModelTerms, moments: list[datetime]
) -> None:
    """In whatever order charges came, and at whatever time one is asked, earlier ones included."""
    spending = spending_of(
        Terms(day_coins=terms.day, week_coins=terms.week, creator_day_coins=terms.creator),
        *(Spent(*each) for each in history),
    )
    for number, at in enumerate(moments):
        model = Model()
        model.credit("ann", ModelLot(1, "purchased", 10_000, None))
        model.wallet("ann").limits = ModelLimits(now=terms)
        model.wallet("ann").spending = dict(enumerate(history))

        reached = begun(spending, at).reached("star", 5)

        expected = model.charge(ModelCharge(number, "ann", 5, "star"), at)
        assert expected.outcome == ("posted" if reached is None else reached.limit)
        if reached is not None:
            assert expected.reached == (
                reached.limit_coins,
                reached.spent_coins,
                reached.frees_up_at,
            )


def caps_of(caps: ModelCaps | None) -> Caps:
    """One object for the same caps, as the policy has it."""
    if caps is None:
        return NO_CAPS
    if caps not in _MADE:
        _MADE[caps] = Caps(len(_MADE), *caps, min(caps.day, caps.week))
    return _MADE[caps]


_MADE: dict[ModelCaps, Caps] = {}
STEPS = st.sampled_from([timedelta(), EDGE, DAY / 3, DAY - EDGE, DAY, WEEK - EDGE, WEEK])
SENDS = st.lists(
    st.tuples(STEPS, st.sampled_from(["star", "other"]), st.integers(1, 40)), max_size=30
)


CAPS = st.none() | st.sampled_from([ModelCaps(30, 40, 50), ModelCaps(10, 25, 60)])


@given(st.builds(ModelTerms, LIMIT, LIMIT, LIMIT), SENDS, st.data())
def test_sends_fit_as_the_model_says(
    terms: ModelTerms, sends: list[tuple[timedelta, str, int]], data: st.DataObject
) -> None:
    """Every answer with its numbers, at the very edges of windows too; one batch per instant.

    Under caps that change from charge to charge, as when somebody travels.
    """
    model, at = Model(), NOW
    model.credit("ann", ModelLot(1, "purchased", 10_000, None))
    model.wallet("ann").limits = ModelLimits(now=terms)
    spending = spending_of(
        Terms(day_coins=terms.day, week_coins=terms.week, creator_day_coins=terms.creator)
    )
    batch = begun(spending, at)
    for number, (step, creator, coins) in enumerate(sends):
        if step:
            batch.settle(number)
            at += step
            batch = begun(spending, at)

        caps = data.draw(CAPS)
        reached = batch.reached(creator, coins, caps_of(caps))

        expected = model.charge(ModelCharge(number, "ann", coins, creator, caps), at)
        if reached is None:
            assert expected.outcome == "posted"
            batch.spend(creator, coins)
        else:
            assert expected.outcome == reached.limit
            assert expected.reached == (
                reached.limit_coins,
                reached.spent_coins,
                reached.frees_up_at,
            )


def test_of_two_limits_the_lower_is_told() -> None:
    caps = Caps(1, 100, 20, 60, 20)
    batch = begun(spending_of(Terms(day_coins=30, week_coins=50)), NOW)

    assert batch.reached("star", 21, caps) == Reached("platform_day_reached", 20, 0, None)
    batch = begun(spending_of(Terms(day_coins=20, week_coins=50)), NOW)
    assert batch.reached("star", 21, caps) == Reached("day_limit_reached", 20, 0, None)
    batch = begun(spending_of(Terms(), Spent(NOW - 2 * DAY, "star", 50)), NOW)
    assert batch.reached("star", 11, caps) == Reached(
        "platform_week_reached", 60, 50, NOW + 5 * DAY
    )
    assert batch.reached("star", 101, caps) == Reached("platform_charge_reached", 100, 0, None)
