"""When a membership lapses, and what is lost by it."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from gifts.data import first_levels
from gifts.domain.board import Score
from gifts.domain.fan_club import ClubLedger, Member, Standing, parts
from gifts.domain.level_file import read_levels, table_of
from gifts.domain.level_table import LevelTables
from gifts.testing import NOW

TABLE = msgspec.structs.replace(
    table_of(read_levels(first_levels()), published_at=NOW),
    club_item_id="heart-me",
    club_active_days=7,
    club_decay_days=7,
    club_decay_keeps_pct=50,
    club_points=(0, 100),
)
TABLES = LevelTables((TABLE,))
TICK = timedelta(microseconds=1)
WEEK = timedelta(days=7)


def a_member(**changes: object) -> Member:
    member = Member("star", "ann", UUID(int=1), NOW, False, NOW, 0, 1)
    return member._replace(**changes)  # pyright: ignore[reportArgumentType]


def gave(at: datetime, *, item_id: str = "rose", gift: int = 2, coins: int = 10) -> Score:
    return Score("star", "ann", coins, at, UUID(int=gift), item_id)


def test_a_membership_lapses_a_week_after_a_live_ended() -> None:
    ended_at = NOW + timedelta(days=3)
    standing = Standing(a_member(), ended_at)

    assert standing.is_active(TABLE, ended_at + WEEK - TICK)
    assert not standing.is_active(TABLE, ended_at + WEEK)


def test_nobody_lapses_while_there_is_no_live() -> None:
    assert Standing(a_member(), None).is_active(TABLE, NOW + timedelta(days=9_999))


def test_who_joined_by_what_was_taken_back_is_no_member() -> None:
    assert not Standing(a_member(is_taken_back=True), None).is_active(TABLE, NOW)


@pytest.mark.parametrize(
    ("after", "points"),
    [
        (-TICK, 101),
        (timedelta(), 50),
        (WEEK - TICK, 50),
        (WEEK, 25),
        (2 * WEEK, 12),
        (7 * WEEK, 0),
        (5_000 * WEEK, 0),
    ],
    ids=["before", "lapsed", "still", "a week", "two weeks", "seven weeks", "a century"],
)
def test_points_fall_with_each_week_that_a_membership_has_lapsed(
    after: timedelta, points: int
) -> None:
    standing = Standing(a_member(decayed_points=20), NOW)

    assert standing.points(121, TABLE, NOW + WEEK + after) == points


def test_what_is_taken_back_goes_off_what_decay_has_left() -> None:
    standing = Standing(a_member(decayed_points=60), None)

    assert [standing.points(coins, TABLE, NOW) for coins in (100, 60, 59, 0)] == [40, 0, 0, 0]


def test_who_lapsed_joins_again_with_what_is_left() -> None:
    ledger = ClubLedger(TABLES)
    ledger.know([Standing(a_member(), NOW)])
    back = NOW + WEEK + timedelta(days=1)

    ledger.give(gave(back, gift=2), lambda: 100)
    ledger.give(gave(back, item_id="heart-me", gift=3), lambda: 110)

    [member] = ledger.changed.values()
    assert member == a_member(
        joined_gift_id=UUID(int=3), joined_at=back, active_at=back, decayed_points=55
    )
    assert ledger.active == {}


def test_the_item_again_is_a_gift_like_others_while_a_member() -> None:
    ledger = ClubLedger(TABLES)
    ledger.know([Standing(a_member(), None)])

    ledger.give(gave(NOW + TICK, item_id="heart-me", gift=3), lambda: 0)

    assert ledger.active == {("star", "ann"): NOW + TICK}
    assert ledger.changed == {}


def test_who_joins_and_gives_again_at_once_is_written_once() -> None:
    ledger = ClubLedger(TABLES)
    ledger.know([Standing(a_member(is_taken_back=True), None)])

    ledger.give(gave(NOW + TICK, item_id="heart-me", gift=3), lambda: 0)
    ledger.give(gave(NOW + 2 * TICK, gift=4), lambda: 0)

    assert [member.active_at for member in ledger.changed.values()] == [NOW + 2 * TICK]
    assert ledger.active == {}


def test_nobody_joins_by_the_item_before_there_was_a_table() -> None:
    ledger = ClubLedger(TABLES)

    ledger.give(gave(NOW - TICK, item_id="heart-me"), lambda: 0)

    assert ledger.changed == {}


def test_parts_are_shorter_than_the_time_that_a_member_can_stay_away() -> None:
    at = [NOW, NOW + WEEK - TICK, NOW + WEEK, NOW + TICK, NOW + 3 * WEEK]
    scores = [gave(each, gift=number) for number, each in enumerate(at)]

    cut = [[score.gift_id for score in part] for part in parts(scores, TABLES)]

    assert cut == [
        [UUID(int=0), UUID(int=1)],
        [UUID(int=2), UUID(int=3)],
        [UUID(int=4)],
    ]
    assert list(parts([], TABLES)) == []
