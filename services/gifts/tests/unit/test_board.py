"""Windows of time, and what gifts make of boards."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.board import (
    EVER,
    TOP,
    Placed,
    Rung,
    Score,
    Span,
    Windows,
    net_scores,
    rung_before,
    window_of,
)

MOMENT = datetime(2026, 11, 26, 21, 59, 59, 999_999, tzinfo=UTC)
"""A Thursday."""
moments = st.integers(0, 20 * 366 * 86_400 * 1_000_000).map(
    lambda us: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)


@pytest.mark.parametrize(
    ("span", "starts_at", "ends_at"),
    [
        (Span.HOUR, datetime(2026, 11, 26, 21, tzinfo=UTC), datetime(2026, 11, 26, 22, tzinfo=UTC)),
        (Span.DAY, datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)),
        (Span.WEEK, datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
        (Span.ALL_TIME, None, None),
    ],
)
def test_windows_are_utcs(span: Span, starts_at: datetime | None, ends_at: datetime | None) -> None:
    """The last microsecond is in, wherever the clock is that names it."""
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert window_of(span, MOMENT) == window_of(span, elsewhere) == (span, starts_at, ends_at)


@given(moments, st.sampled_from([Span.HOUR, Span.DAY, Span.WEEK]))
def test_windows_follow_each_other(at: datetime, span: Span) -> None:
    """Half-open: each moment is in one, and the end of one is in the next."""
    window = window_of(span, at)

    assert window.starts_at is not None
    assert window.ends_at is not None
    assert window.starts_at <= at < window.ends_at
    assert window_of(span, window.starts_at) == window
    assert window_of(span, window.ends_at).starts_at == window.ends_at


def test_scores_add_up_in_the_newest_windows_and_in_all() -> None:
    """What comes late counts where it still can; whoever changed last is last."""
    next_hour = MOMENT + timedelta(microseconds=1)
    last_week = MOMENT - timedelta(weeks=1)
    net = net_scores(
        [
            Score("star", "ann", 3, MOMENT),
            Score("star", "ben", 5, MOMENT),
            Score("star", "ann", 4, next_hour),
            Score("star", "ann", -1, MOMENT),
            Score("star", "ann", 100, last_week),
        ]
    )
    hour, day, week = (
        window_of(span, MOMENT).starts_at or EVER for span in (Span.HOUR, Span.DAY, Span.WEEK)
    )

    assert list(net.items()) == [
        (("star", "ben"), (Windows(hour, day, week), 5, 5, 5, 5)),
        (("star", "ann"), (Windows(next_hour, day, week), 4, 6, 6, 106)),
    ]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 30)), max_size=20, unique=True),
    st.tuples(st.integers(1, 9), st.integers(1, 30)),
)
def test_the_rung_before_somebody_is_the_last_not_behind(
    rungs: list[tuple[int, int]], somebody: tuple[int, int]
) -> None:
    rungs.sort(key=lambda each: (-each[0], each[1]))
    ladder = [Rung(*each, rank=rank) for rank, each in enumerate(rungs, 1)]
    coins, place = somebody
    before = [each for each in ladder if (-each.coins, each.place) <= (-coins, place)]

    assert rung_before(ladder, Placed("ann", coins, place)) == (before[-1] if before else TOP)
