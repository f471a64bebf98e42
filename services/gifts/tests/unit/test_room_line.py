"""What a frame shows, whatever is given: little, dearest first, with every end that was seen."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.room_line import (
    END_LINES_KEPT,
    LINES_MAX,
    Line,
    add_waiting,
    choose,
    hush,
    merge,
    read_waiting,
    removal,
)


def a_line(number: int = 1, *, count: int = 1, coins: int = 1, **more: object) -> Line:
    return Line(UUID(int=number), f"user-{number}", "rose", count, coins, **more)  # pyright: ignore[reportArgumentType]


def a_tap(
    streak: int, *, count: int = 1, pieces: int = 1, gift: int = 1, ended: bool = False
) -> Line:
    return a_line(
        gift,
        count=count,
        coins=count,
        streak_id=UUID(int=streak),
        streak_pieces=pieces,
        ended=ended,
    )


def test_taps_of_a_streak_are_one_line() -> None:
    """With the pieces since the last frame, and those of the streak from its first tap on."""
    [line] = merge([a_tap(7, count=2, pieces=5, gift=1), a_tap(7, count=3, pieces=8, gift=2)])

    assert (line.count, line.coins, line.streak_pieces) == (5, 5, 8)
    assert line.gift_id == UUID(int=2)


def test_an_end_without_pieces_adds_nothing_else() -> None:
    [line] = merge([a_tap(7, count=2, pieces=5, gift=1), a_tap(7, count=0, pieces=5, ended=True)])

    assert line == a_tap(7, count=2, pieces=5, gift=1, ended=True)


def test_others_are_one_line_by_sender_and_item_unless_they_say_something() -> None:
    lines = merge([a_line(1), a_line(1), a_line(1, message="Bravo!"), a_line(2)])

    assert [(line.sender_id, line.count, line.message) for line in lines] == [
        ("user-1", 2, None),
        ("user-1", 1, "Bravo!"),
        ("user-2", 1, None),
    ]


def test_a_removal_is_told_beside_the_lines_and_takes_none_of_their_places() -> None:
    """However many: also where the removed message waits in the same frame."""
    lines = [a_line(n, message="x") for n in range(1, LINES_MAX + 3)]
    gone = [UUID(int=1), UUID(int=77)]

    waited = read_waiting(add_waiting(b"", [*lines, *map(removal, gone), removal(gone[0])]))
    chosen = choose(merge(waited), [])
    hush(chosen, gone)

    assert chosen.removed == gone
    assert (len(chosen.lines), chosen.more_gifts) == (LINES_MAX, 2)
    told = {line.gift_id: line.message for line in chosen.lines}
    assert told == {UUID(int=n): None if n == 1 else "x" for n in range(1, LINES_MAX + 1)}


def test_what_waited_is_left_as_it_was() -> None:
    """Lines that are merged are not those given."""
    first = a_tap(7)
    merge([first, a_tap(7)])

    assert first == a_tap(7)


def test_dearest_are_shown_and_the_others_counted() -> None:
    lines = [a_line(n, count=2, coins=n) for n in range(1, 31)]

    chosen = choose(lines, [])

    assert [line.coins for line in chosen.lines] == list(range(30, 10, -1))
    assert (chosen.more_gifts, chosen.more_coins) == (20, sum(range(1, 11)))
    assert not chosen.ends_left


def test_the_end_of_a_streak_that_gets_pieces_is_one_line() -> None:
    chosen = choose([a_tap(7, count=3, pieces=9)], [a_tap(7, count=0, pieces=9, ended=True)])

    assert chosen.lines == [a_tap(7, count=3, pieces=9, ended=True)]


def test_what_nobody_has_seen_ends_in_silence() -> None:
    """A mark whose pieces were cut from an earlier frame."""
    assert choose([a_tap(7, count=0, pieces=9, ended=True)], []).lines == []


@pytest.mark.parametrize(("gifts", "told"), [(0, 20), (5, 15), (10, 10), (50, 10)])
def test_ends_have_half_of_a_full_frame(gifts: int, told: int) -> None:
    """And all that gifts leave; those that waited longest are first."""
    ends = [a_tap(100 + n, count=0, pieces=1, ended=True) for n in range(25)]

    chosen = choose([a_line(n, coins=10) for n in range(1, gifts + 1)], ends)

    shown = [line.streak_id for line in chosen.lines if line.ended]
    assert shown == [end.streak_id for end in ends[:told]]
    assert chosen.ends_left
    assert len(chosen.lines) == min(LINES_MAX, gifts + told)


def test_ends_keep_up_with_what_begins_to_be_shown() -> None:
    """However many streaks of one tap are given, the ends that are owed do not grow for ever."""
    waiting: list[Line] = []
    longest = 0
    for frame in range(200):
        taps = [a_tap(frame * 100 + n + 1) for n in range(60)]
        chosen = choose(taps, waiting[: LINES_MAX + 1])
        told = {line.streak_id for line in chosen.lines if line.ended}
        waiting = [line for line in waiting if line.streak_id not in told]
        # All that has just been shown ends before the next frame.
        waiting += [
            a_tap(line.streak_id.int, count=0, ended=True)
            for line in chosen.lines
            if line.streak_id is not None and not line.ended
        ]
        longest = max(longest, len(waiting))

    assert longest <= LINES_MAX + END_LINES_KEPT


@given(
    taps=st.lists(
        st.tuples(st.integers(1, 40), st.integers(1, 5), st.sampled_from([None, None, "hi"])),
        max_size=120,
    ),
    ends=st.sets(st.integers(1, 60)),
)
def test_nothing_paid_is_lost(taps: list[tuple[int, int, str | None]], ends: set[int]) -> None:
    """E62: lines and the rest are all pieces and all coins; each end at most once."""
    lines = [
        a_line(place + 1, count=count, coins=3 * count, message=message)
        if message
        else a_tap(streak, count=count, gift=place + 1)
        for place, (streak, count, message) in enumerate(taps)
    ]
    owed = [a_tap(streak, count=0, ended=True) for streak in sorted(ends)]

    waiting = add_waiting(add_waiting(b"", lines[: len(lines) // 2]), lines[len(lines) // 2 :])

    chosen = choose(merge(read_waiting(waiting)), owed)

    assert sum(line.count for line in chosen.lines) + chosen.more_gifts == sum(
        line.count for line in lines
    )
    assert sum(line.coins for line in chosen.lines) + chosen.more_coins == sum(
        line.coins for line in lines
    )
    assert len(chosen.lines) <= LINES_MAX
    assert [line.coins for line in chosen.lines] == sorted(
        (line.coins for line in chosen.lines), reverse=True
    )
    told = [line.streak_id for line in chosen.lines if line.ended]
    assert len(told) == len(set(told))
    assert chosen.ends_left == (len(told) < len(owed))
