"""When a tap joins a streak, and what is said when one ends (C12, E25)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules
from gifts.domain.room_streak import Given, Streak, Streaks, end
from gifts.testing import NOW

ROOM = UUID(int=1)
RULES = RoomRules()


def ms(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def a_tap(after_ms: int = 0, *, gift: int = 1, item: str = "rose", pieces: int = 1) -> Given:
    return Given(ROOM, UUID(int=gift), "ann", item, 1, pieces, pieces, None, NOW + ms(after_ms))


def tap(streaks: Streaks, given: Given, *, at: datetime = NOW) -> list[Line]:
    lines: list[Line] = []
    streaks.tap(given, lines, seq=1, at=at)
    return lines


def tapped(*after_ms: int, lag_ms: int = 0) -> tuple[Streaks, list[Line]]:
    """Taps at these times, each booked a little later."""
    streaks = Streaks([], RULES)
    lines = [
        line
        for number, after in enumerate(after_ms)
        for line in tap(streaks, a_tap(after, gift=number + 1), at=NOW + ms(after + lag_ms))
    ]
    return streaks, lines


@pytest.mark.parametrize(("gap_ms", "streaks"), [(0, 1), (4_999, 1), (5_000, 1), (5_001, 2)])
def test_a_tap_joins_within_the_window_of_the_last(gap_ms: int, streaks: int) -> None:
    _, lines = tapped(0, 3_000, 3_000 + gap_ms)

    assert len({line.streak_id for line in lines}) == streaks


@pytest.mark.parametrize(
    ("last_ms", "streaks"), [(30 * 60_000 - 1, 1), (30 * 60_000, 2), (30 * 60_000 + 1, 2)]
)
def test_no_streak_is_longer_than_allowed(last_ms: int, streaks: int) -> None:
    """Half-open: the first moment after half an hour belongs to the next."""
    _, lines = tapped(*range(0, 30 * 60_000, 4_000), last_ms)

    assert len({line.streak_id for line in lines}) == streaks


def test_a_tap_charged_before_the_last_one_joins() -> None:
    """The wallet's clock may have gone back; the last tap stays where it was."""
    streaks, lines = tapped(3_000, 0)

    [new] = streaks.touched()[1]
    assert len({line.streak_id for line in lines}) == 1
    assert new.tapped_at == NOW + ms(3_000)


def test_the_clock_counts_from_when_a_tap_was_booked() -> None:
    """So one that was as long under way as the one before finds its streak open."""
    streaks, _ = tapped(0, lag_ms=700)

    assert streaks.next_ends()[ROOM] == NOW + ms(5_700)


def test_the_clock_ends_a_streak_that_is_too_long_even_while_it_goes_on() -> None:
    streaks, _ = tapped(*range(0, 30 * 60_000, 4_000))

    assert streaks.next_ends()[ROOM] == NOW + ms(30 * 60_000)


def test_pieces_add_up_and_the_id_follows_from_the_first_gift() -> None:
    one, two = Streaks([], RULES), Streaks([], RULES)

    tap(one, a_tap(pieces=3))
    [line] = tap(one, a_tap(100, gift=2, pieces=4))
    [again] = tap(two, a_tap(pieces=3))

    assert (line.count, line.streak_pieces) == (4, 7)
    assert line.streak_id == again.streak_id


def test_other_items_are_other_streaks() -> None:
    streaks = Streaks([], RULES)
    tap(streaks, a_tap())
    tap(streaks, a_tap(item="clover", gift=2))

    assert len(streaks.touched()[1]) == 2


def a_streak(*, shown: bool, tapped_seq: int) -> Streak:
    return Streak(
        UUID(int=9), ROOM, "ann", "rose", 3, UUID(int=1), NOW, NOW, tapped_seq, NOW, shown=shown
    )


@pytest.mark.parametrize(
    ("shown", "tapped_seq", "owed", "marked"),
    [
        (True, 4, True, False),
        (True, 3, True, False),
        (False, 4, False, True),
        (False, 3, False, False),
    ],
    ids=["seen", "seen long ago", "waits to be seen", "was never seen"],
)
def test_an_end_is_told_to_whoever_has_seen_or_may_yet_see(
    shown: bool, tapped_seq: int, owed: bool, marked: bool
) -> None:
    """Once, in one way: by the streak's row or by a mark beside what waits."""
    streak = a_streak(shown=shown, tapped_seq=tapped_seq)

    mark = end(streak, seq=4, at=NOW)

    assert streak.ended_at == NOW
    assert streak.end_owed is owed
    assert (mark is not None) is marked
