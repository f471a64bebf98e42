"""Which level somebody has, and which gift brought them there."""

from datetime import timedelta
from uuid import UUID

import msgspec

from gifts.data import first_levels
from gifts.domain.board import Score
from gifts.domain.gifter import Gifter, level_at, levels_reached, net_points
from gifts.domain.level_file import read_levels, table_of
from gifts.testing import NOW

TABLE = msgspec.structs.replace(
    table_of(read_levels(first_levels()), published_at=NOW),
    kept_days=30,
    gifter_points=(1, 10, 100, 1_000),
)


def gave(coins: int, gift: int, user_id: str = "ann") -> Score:
    return Score("star", user_id, coins, NOW, UUID(int=gift), "rose")


def lost(coins: int, user_id: str = "ann") -> Score:
    return Score("star", user_id, -coins, NOW)


def test_a_reached_level_is_kept_for_some_days_and_no_longer() -> None:
    """The status floor (C35): to the microsecond, half-open."""
    gifter = Gifter("ann", 9, 3, NOW)

    last = NOW + timedelta(days=30) - timedelta(microseconds=1)
    assert [level_at(gifter, TABLE, at) for at in (NOW, last)] == [3, 3]
    assert level_at(gifter, TABLE, NOW + timedelta(days=30)) == 1


def test_a_higher_level_than_was_told_counts_at_once() -> None:
    assert level_at(Gifter("ann", 1_000, 2, NOW), TABLE, NOW) == 4


def test_who_gave_nothing_has_no_level() -> None:
    assert level_at(Gifter("ann", 0, 0, None), TABLE, NOW) == 0


def test_the_gift_that_passed_the_highest_step_is_told() -> None:
    """Once for all levels that are passed together."""
    scores = [gave(8, 1), gave(95, 2), gave(50, 3), gave(5, 4, "ben")]
    [reached] = levels_reached(
        [Gifter("ann", 154, 1, NOW), Gifter("ben", 9, 1, NOW)],
        scores,
        TABLE,
        at=NOW + timedelta(days=1),
    )

    assert (reached.from_level, reached.gifter.reached_level) == (1, 3)
    assert reached.gifter.reached_at == NOW + timedelta(days=1)
    assert (reached.gift_id, reached.creator_id) == (UUID(int=2), "star")


def test_what_is_taken_back_at_once_reaches_nothing() -> None:
    assert levels_reached([Gifter("ann", 9, 1, NOW)], [gave(95, 1), lost(95)], TABLE, at=NOW) == []


def test_points_are_net_and_in_the_order_of_ids() -> None:
    net = net_points([gave(3, 1, "cleo"), gave(5, 2), lost(4), gave(1, 3, "Ben")])

    assert list(net.items()) == [("Ben", 1), ("ann", 1), ("cleo", 3)]
