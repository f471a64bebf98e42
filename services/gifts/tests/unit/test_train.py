"""Trains: who starts one, how it goes on, and what is taken back of it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from gifts.domain.room_ledger import Taken
from gifts.domain.room_streak import Given
from gifts.domain.train import Platform, Train
from gifts.domain.train_frame import note_told, train_shown
from gifts.domain.train_rules import TrainRules
from gifts.testing import NOW

RULES = TrainRules(1, NOW, "easy", 3, 300, 10, 120, 3600, (100, 200, 400))
ROOM = UUID(int=1)


def s(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def given(gift: int, user: str, coins: int = 10, *, charged: float = 0) -> Given:
    return Given(ROOM, UUID(int=gift), user, "rose", 1, 1, coins, None, s(charged))


def taken(gift: int, user: str, coins: int) -> Taken:
    return Taken(ROOM, user, "rose", 1, coins, 1, UUID(int=gift))


def started(*, at: float = 0) -> Platform:
    """A train of ann, ben and cy, with ten coins of each."""
    platform = Platform(ROOM)
    for gift, user in enumerate(("ann", "ben", "cy"), 1):
        platform.give(given(gift, user, charged=at), RULES, at=s(at))
    assert platform.train is not None
    return platform


def train_of(platform: Platform) -> Train:
    assert platform.train is not None
    return platform.train


def test_enough_different_people_start_one() -> None:
    """With the newest gift of each; its end is some time after."""
    platform = started()

    train = train_of(platform)
    assert (train.progress, train.level, train.target) == (30, 1, 100)
    assert (train.started_at, train.expires_at, train.ended_at) == (s(0), s(120), None)
    assert platform.sparks == []


@pytest.mark.parametrize("gifts", [3, 30])
def test_no_single_one_starts_it(gifts: int) -> None:
    """Nor two, however much they give."""
    platform = Platform(ROOM)
    for gift in range(gifts):
        platform.give(given(gift, "ann" if gift % 2 else "ben", 10**6), RULES, at=s(0))

    assert platform.train is None
    assert len(platform.sparks) == 2


def test_a_gift_that_is_too_small_starts_nothing() -> None:
    platform = Platform(ROOM)
    for gift, user in enumerate(("ann", "ben", "cy")):
        platform.give(given(gift, user, 9), RULES, at=s(0))

    assert (platform.train, platform.sparks) == (None, [])


@pytest.mark.parametrize(("last", "begins"), [(299, True), (300, False), (900, False)])
def test_they_give_within_the_window(last: int, begins: bool) -> None:
    """By when the wallet charged them, whenever that is heard of."""
    platform = Platform(ROOM)
    for gift, (user, charged) in enumerate((("ann", 0), ("ben", 10), ("cy", last))):
        platform.give(given(gift, user, charged=charged), RULES, at=s(1000))

    assert (platform.train is not None) == begins


def test_a_late_charge_does_not_let_others_in() -> None:
    """It is measured from the newest."""
    platform = Platform(ROOM)
    for gift, (user, charged) in enumerate((("ann", 400), ("ben", 410), ("cy", 10))):
        platform.give(given(gift, user, charged=charged), RULES, at=s(1000))

    assert platform.train is None
    assert [spark.user_id for spark in platform.sparks] == ["ann", "ben"]


def test_a_new_level_makes_it_go_on() -> None:
    """Also several at once; the last one adds nothing any more."""
    platform = started()
    platform.give(given(4, "ann", 60), RULES, at=s(50))
    assert (train_of(platform).level, train_of(platform).expires_at) == (1, s(120))
    platform.give(given(5, "ann", 10), RULES, at=s(60))
    assert (train_of(platform).level, train_of(platform).expires_at) == (2, s(180))
    platform.give(given(6, "ben", 10**6), RULES, at=s(70))
    assert (train_of(platform).level, train_of(platform).expires_at) == (3, s(190))
    platform.give(given(7, "ben", 10**6), RULES, at=s(80))
    assert (train_of(platform).level, train_of(platform).expires_at) == (3, s(190))


def test_what_is_taken_back_leaves_progress_and_no_level() -> None:
    platform = started()
    platform.give(given(4, "dan", 100), RULES, at=s(10))
    train = train_of(platform)

    platform.take(taken(4, "dan", 100), train.train_id)
    assert (train.progress, train.level) == (30, 2)
    platform.give(given(5, "dan", 100), RULES, at=s(20))
    assert (train.progress, train.level, train.expires_at) == (130, 2, s(130))
    platform.take(taken(4, "dan", -100), train.train_id)
    assert (train.progress, train.level) == (230, 2)
    assert platform.take(taken(9, "eve", 50), None) == []


def test_nothing_is_taken_back_of_a_train_that_has_ended() -> None:
    """It was seen."""
    platform = started()
    train = train_of(platform)
    assert train.end_if_over(s(120))

    assert platform.take(taken(1, "ann", 10), train.train_id) == []
    assert train.progress == 30


def test_a_gift_that_is_taken_back_helps_to_start_none() -> None:
    platform = Platform(ROOM)
    platform.give(given(1, "ann"), RULES, at=s(0))
    platform.take(taken(1, "ann", 3), None)
    for gift, user in enumerate(("ben", "cy"), 2):
        platform.give(given(gift, user), RULES, at=s(0))

    assert platform.train is None


@pytest.mark.parametrize(("at", "over"), [(119.999, False), (120, True), (500, True)])
def test_it_ends_by_itself_once(at: float, over: bool) -> None:
    train = train_of(started())

    assert train.end_if_over(s(at)) == over
    assert train.end_if_over(s(at)) is False
    assert train.ended_at == (s(at) if over else None)


def test_the_next_begins_after_the_cooldown_and_once_the_end_is_told() -> None:
    platform = started()
    first = train_of(platform)
    first.end_if_over(s(120))

    def all_give(at: float, gift: int) -> bool:
        for number, user in enumerate(("ann", "ben", "cy")):
            platform.give(given(gift + number, user, charged=at), RULES, at=s(at))
        return train_of(platform) is not first

    assert not all_give(4000, 10)
    note_told(first)
    assert not all_give(3719, 20)
    assert platform.sparks == []
    assert all_give(3720, 30)


def test_its_begin_and_its_end_are_told_once() -> None:
    """The first frame that has it says that it began; keyframes say neither."""
    train = train_of(started())
    keyframe = train_shown(train, (), keyframe=True)
    shown = train_shown(train, ())
    assert keyframe is not None
    assert shown is not None
    assert (keyframe.began, shown.began, shown.ended) == (False, True, False)
    assert [note_told(train), note_told(train)] == [True, False]

    train.end_if_over(s(120))
    shown = train_shown(train, ())
    assert shown is not None
    assert (shown.began, shown.ended) == (False, True)
    assert [note_told(train), note_told(train)] == [True, False]
    assert train_shown(train, ()) is None
