"""When an earning is safe."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.maturity import matures_on

moments = st.timedeltas(timedelta(0), timedelta(days=999_999)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)

SENT = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("refundable_until", "day"),
    [
        (datetime(2026, 6, 1, 0, 0, tzinfo=UTC), date(2026, 6, 1)),
        (datetime(2026, 6, 1, 0, 0, 0, 1, tzinfo=UTC), date(2026, 6, 2)),
        (datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC), date(2026, 6, 2)),
        (datetime(2026, 6, 1, 0, 0, tzinfo=timezone(timedelta(hours=-5))), date(2026, 6, 2)),
        (datetime(2026, 6, 1, 2, 0, tzinfo=timezone(timedelta(hours=2))), date(2026, 6, 1)),
        (datetime(2025, 1, 1, tzinfo=UTC), date(2026, 5, 10)),
    ],
)
def test_first_day_at_whose_start_the_window_is_over(refundable_until: datetime, day: date) -> None:
    assert matures_on(refundable_until, SENT) == day


@given(moments, moments)
def test_never_early_and_never_a_day_late(refundable_until: datetime, sent_at: datetime) -> None:
    """At its start the window is over; a day earlier it was not, or the gift was not sent yet."""
    day = matures_on(refundable_until, sent_at)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert start >= refundable_until
    assert day >= sent_at.date()
    assert start - timedelta(days=1) < refundable_until or day == sent_at.date()


def test_a_day_beyond_the_calendar_overflows() -> None:
    with pytest.raises(OverflowError):
        matures_on(datetime(9999, 12, 31, 1, tzinfo=UTC), SENT)
