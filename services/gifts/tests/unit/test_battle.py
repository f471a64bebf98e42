"""The battle engine: boundaries, power-ups, and random battles beside a slow model (C19, I10)."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.battle import Battle, BattleEvent, LogEntry, PowerUpKind, due_at, is_over, replay
from gifts.domain.battle_frame import battle_shown
from gifts.domain.battle_roll import roll, seed_hash
from gifts.domain.refusals import BattleNotRunningError, PowerUpUsedUpError
from gifts.testing import NOW
from gifts.testing.battle_model import ModelBattle
from gifts.testing.battles import a_battle

SEED = bytes(range(32))
BATTLE_ID = UUID("01977420-9c00-7000-8000-000000000050")
TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
END = NOW + 5 * MINUTE
KINDS: Sequence[PowerUpKind] = ("GLOVE", "MIST", "TIME_MAKER", "STUN_HAMMER")


def running(*, battle_id: UUID = BATTLE_ID, seed: bytes = SEED) -> Battle:
    battle = a_battle(battle_id=battle_id)
    battle.start(seed, at=NOW)
    return battle


def gift_id(number: int) -> UUID:
    return UUID(int=1_000 + number)


def seed_that(*hits: bool) -> bytes:
    """One with which the first gloves, used as 1, 2 and so on, hit or miss like this."""
    for number in range(100_000):
        seed = number.to_bytes(32)
        rolls = [
            roll(seed, BATTLE_ID, place, gift_id(place), sides=100)
            for place in range(1, len(hits) + 1)
        ]
        if [thrown < 30 for thrown in rolls] == list(hits):
            return seed
    raise AssertionError


@pytest.mark.parametrize(
    ("charged_at", "counts"),
    [
        (NOW - TICK, False),
        (NOW, True),
        (END - timedelta(milliseconds=1), True),
        (END - TICK, True),
        (END, False),
        (END + TICK, False),
    ],
    ids=["before", "start", "last millisecond", "last microsecond", "end", "after"],
)
def test_a_gift_counts_from_the_start_and_before_the_end(
    charged_at: datetime, counts: bool
) -> None:
    """Half-open, by the time of the charge (E27)."""
    battle = running()

    event = battle.give(0, gift_id(1), 7, charged_at=charged_at)

    assert (event is not None) == counts
    assert battle.sides[0].points == (7 if counts else 0)
    assert battle.events == counts


def test_a_time_maker_moves_the_end() -> None:
    battle = running()
    used = battle.use(1, "TIME_MAKER", gift_id(0), at=END - TICK)

    assert used.from_at == END
    assert timedelta(seconds=1) <= used.until_at - END <= timedelta(seconds=10)
    assert battle.ends_at == used.until_at
    assert battle.give(0, gift_id(1), 7, charged_at=used.until_at - TICK)
    assert battle.give(0, gift_id(2), 7, charged_at=used.until_at) is None


def test_three_time_makers_at_most_and_of_both_together() -> None:
    battle = running()
    for side in (0, 1, 0):
        battle.use(side, "TIME_MAKER", gift_id(side), at=NOW)

    assert battle.ends_at is not None
    assert battle.ends_at <= END + timedelta(seconds=30)
    for side in (0, 1):
        with pytest.raises(PowerUpUsedUpError):
            battle.use(side, "TIME_MAKER", gift_id(9), at=NOW)


def test_gloves_run_in_order_and_never_stack() -> None:
    battle = running(seed=seed_that(True, True, True))
    windows = [
        battle.use(0, "GLOVE", gift_id(n), at=NOW + timedelta(seconds=seconds))
        for n, seconds in enumerate((0, 10, 100), start=1)
    ]

    assert [(each.from_at - NOW).seconds for each in windows] == [0, 30, 100]
    assert [(each.until_at - NOW).seconds for each in windows] == [30, 60, 130]
    points = {
        seconds: event.points
        for seconds in (0, 15, 30, 59, 60, 99, 100, 129, 130)
        for event in [
            battle.give(0, gift_id(seconds), 1, charged_at=NOW + timedelta(seconds=seconds))
        ]
        if event is not None
    }
    assert points == {0: 5, 15: 5, 30: 5, 59: 5, 60: 1, 99: 1, 100: 5, 129: 5, 130: 1}
    other = battle.give(1, gift_id(999), 1, charged_at=NOW)
    assert other is not None
    assert other.points == 1


def test_a_glove_that_misses_does_nothing() -> None:
    battle = running(seed=seed_that(False, True))
    missed, hit = (battle.use(0, "GLOVE", gift_id(n), at=NOW) for n in (1, 2))

    assert missed.until_at == missed.from_at
    assert hit.until_at - hit.from_at == timedelta(seconds=30)


def test_a_glove_hits_three_times_in_ten() -> None:
    rolls = [
        roll(number.to_bytes(32), BATTLE_ID, 1, gift_id(1), sides=100) for number in range(10_000)
    ]

    assert set(rolls) == set(range(100))
    assert 0.28 < sum(thrown < 30 for thrown in rolls) / len(rolls) < 0.32


def test_rolls_are_by_the_published_formula() -> None:
    """Made apart from the code: printf | openssl dgst -sha256 -mac HMAC."""
    assert roll(SEED, BATTLE_ID, 1, BATTLE_ID, sides=2**64) == 0x863BE192D109C30D
    assert seed_hash(SEED).hex() == (
        "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    )


def test_a_mist_hides_points_until_it_lifts_or_the_result_comes() -> None:
    battle = running()
    battle.give(0, gift_id(1), 7, charged_at=NOW)
    mist = battle.use(0, "MIST", gift_id(2), at=NOW + MINUTE)

    def shown(at: datetime) -> list[int | None]:
        frame = battle_shown(battle, at)
        assert frame is not None
        return [side.points for side in frame.sides]

    assert shown(mist.from_at - TICK) == [7, 0]
    assert shown(mist.from_at) == [None, 0]
    assert shown(mist.until_at - TICK) == [None, 0]
    assert shown(mist.until_at) == [7, 0]
    assert due_at(battle, mist.from_at) == mist.until_at
    battle.use(0, "MIST", gift_id(3), at=END - TICK)
    battle.end(at=END + timedelta(seconds=10))
    assert shown(END + timedelta(seconds=10)) == [7, 0]


def test_a_hammer_counts_hits_and_combos_and_no_points() -> None:
    battle = running()
    hammer = battle.use(0, "STUN_HAMMER", gift_id(0), at=NOW)
    for number, coins in enumerate((4, 5, 99, 100), start=1):
        battle.give(0, gift_id(number), coins, charged_at=hammer.until_at - TICK)
    battle.give(0, gift_id(5), 100, charged_at=hammer.until_at)
    battle.give(1, gift_id(6), 100, charged_at=NOW)

    left, right = battle.sides
    assert (left.hits, left.combos, left.points) == (3, 1, 308)
    assert (right.hits, right.combos) == (0, 0)


def test_the_seed_is_told_with_the_result_and_its_hash_before() -> None:
    battle = running()
    before = battle_shown(battle, NOW)
    battle.end(at=END + timedelta(seconds=10))
    after = battle_shown(battle, END + timedelta(seconds=10))

    assert before is not None
    assert after is not None
    assert (before.seed, before.winner_room_id) == (None, None)
    assert after.seed == SEED.hex()
    assert before.seed_hash == after.seed_hash == seed_hash(SEED).hex()
    assert battle_shown(battle, END + timedelta(seconds=70)) is None


@pytest.mark.parametrize(
    ("left", "right", "winner"),
    [(0, 0, "draw"), (7, 7, "draw"), (8, 7, "left"), (7, 8, "right")],
)
def test_with_equal_points_nobody_wins(left: int, right: int, winner: str) -> None:
    battle = running()
    for side, coins in enumerate((left, right)):
        if coins:
            battle.give(side, gift_id(side), coins, charged_at=NOW)
    assert battle.winner is None
    battle.end(at=END)

    assert battle.winner == winner


def test_who_makes_the_seed_does_not_make_the_roll() -> None:
    """The id of a power-up is the other half of it, and nobody has that when the seed is made."""
    rolls = [roll(SEED, BATTLE_ID, 1, gift_id(number), sides=100) for number in range(10_000)]

    assert set(rolls) == set(range(100))
    assert 0.28 < sum(thrown < 30 for thrown in rolls) / len(rolls) < 0.32


def test_the_result_waits_for_charges_under_way() -> None:
    """And for those that a worker which has just begun may not have read."""
    battle = running()

    assert not is_over(battle, END + timedelta(seconds=10) - TICK)
    assert is_over(battle, END + timedelta(seconds=10))
    assert not is_over(battle, END + timedelta(seconds=10), since=END + TICK)
    assert is_over(battle, END + timedelta(seconds=10) + TICK, since=END + TICK)


def test_before_the_start_and_after_the_end_nothing_can_be_used() -> None:
    with pytest.raises(BattleNotRunningError):
        a_battle().use(0, "MIST", gift_id(1), at=NOW)
    battle = running()
    for at in (NOW - TICK, END):
        with pytest.raises(BattleNotRunningError):
            battle.use(0, "MIST", gift_id(1), at=at)
    battle.end(at=END + MINUTE)
    with pytest.raises(BattleNotRunningError):
        battle.use(0, "MIST", gift_id(1), at=NOW)


seconds = st.one_of(st.integers(-2, 315), st.sampled_from([0, 299, 300, 301]))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(0, 1), st.integers(1, 300), seconds, st.booleans()),
        st.tuples(st.just("give"), st.integers(0, 1), st.integers(1, 300), seconds, st.booleans()),
        st.tuples(st.just("use"), st.integers(0, 1), st.sampled_from(KINDS), seconds),
        st.tuples(st.just("take"), st.integers(0, 100), st.integers(1, 300)),
        st.tuples(st.just("give back"), st.integers(0, 100)),
    ),
    max_size=60,
)
seeds = st.binary(min_size=32, max_size=32)


class Both:
    """An engine and a model of the same battle, and the log."""

    def __init__(self, seed: bytes) -> None:
        self.battle = running(seed=seed)
        self.model = ModelBattle(BATTLE_ID, seed, NOW)
        self.log: list[LogEntry] = []
        self.given: list[BattleEvent] = []
        self.taken: dict[UUID, int] = {}

    def do(self, number: int, step: Any) -> None:
        match step:
            case ("give", side, coins, after_s, just_before):
                at = NOW + timedelta(seconds=after_s) - just_before * TICK
                event = self.battle.give(side, gift_id(number), coins, charged_at=at)
                assert (event is not None) == self.model.give(side, gift_id(number), coins, at)
                if event is not None:
                    self.log.append(event)
                    self.given.append(event)
            case ("use", side, kind, after_s):
                self.use(number, side, kind, NOW + timedelta(seconds=after_s))
            case ("take", place, coins) if self.given:
                event = self.given[place % len(self.given)]
                left = event.coins - self.taken.get(event.gift_id, 0)
                self.take(event, min(coins, left))
            case ("give back", place) if self.given:
                event = self.given[place % len(self.given)]
                self.take(event, -self.taken.get(event.gift_id, 0))
            case _:
                pass

    def take(self, event: BattleEvent, coins: int) -> None:
        if coins:
            self.taken[event.gift_id] = self.taken.get(event.gift_id, 0) + coins
            self.log.append(self.battle.take(event, coins))
            self.model.take(event.gift_id, coins)

    def use(self, number: int, side: int, kind: PowerUpKind, at: datetime) -> None:
        allowed = self.model.may_use(side, kind, at)
        if allowed:
            self.model.use(side, kind, at, gift_id(number))
            self.log.append(self.battle.use(side, kind, gift_id(number), at=at))
            return
        with pytest.raises(BattleNotRunningError if allowed is None else PowerUpUsedUpError):
            self.battle.use(side, kind, gift_id(number), at=at)

    def end(self) -> None:
        self.battle.end(at=END + MINUTE)
        self.model.ended = True
        assert self.battle.ended is not None
        self.log.append(self.battle.ended)

    def check(self) -> None:
        for side in (0, 1):
            standing = self.battle.sides[side]
            assert standing.points == self.model.points(side)
            assert standing.later_points == self.model.later_points(side)
        windows = [
            (
                each.side,
                each.kind,
                self.model.seconds(each.from_at),
                self.model.seconds(each.until_at),
            )
            for each in self.battle.power_ups
        ]
        assert windows == self.model.uses


@given(seeds, steps, steps, st.randoms(use_true_random=False))
def test_random_battles_are_as_the_model_and_replay(
    seed: bytes, before: Any, after: Any, order: random.Random
) -> None:
    """Points, windows, winner; what comes after the result changes none of it; the log replays."""
    both = Both(seed)
    for number, step in enumerate(before):
        both.do(number, step)
        both.check()
    both.end()
    result = [side.points for side in both.battle.sides], both.battle.winner
    assert both.battle.winner == both.model.winner()
    for number, step in enumerate(after, start=len(before)):
        both.do(number, step)
        both.check()
    assert ([side.points for side in both.battle.sides], both.battle.winner) == result
    order.shuffle(both.log)

    again = replay(both.battle, both.log, seed)

    assert msgspec.to_builtins(again) == msgspec.to_builtins(both.battle)
    # Whoever has the seed rolls the same; whoever has another one would be found out.
    assert [each.until_at for each in again.power_ups] == [
        each.until_at for each in both.battle.power_ups
    ]


@given(
    seeds,
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(KINDS)), max_size=6),
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 300), seconds), max_size=20),
    st.randoms(use_true_random=False),
)
def test_gifts_in_any_order_make_the_same_points(
    seed: bytes,
    uses: list[tuple[int, PowerUpKind]],
    gifts: list[tuple[int, int, int]],
    order: random.Random,
) -> None:
    """Between power-ups it does not matter which answer comes first."""
    shuffled = list(gifts)
    order.shuffle(shuffled)
    ends: list[Battle] = []
    for these in (gifts, shuffled):
        battle = running(seed=seed)
        for number, (side, kind) in enumerate(uses):
            if kind != "TIME_MAKER" or number < 3:
                try:
                    battle.use(side, kind, gift_id(number), at=NOW)
                except PowerUpUsedUpError:
                    continue
        for number, (side, coins, after_s) in enumerate(these):
            battle.give(side, gift_id(number), coins, charged_at=NOW + timedelta(seconds=after_s))
        ends.append(battle)
    first, second = ends

    assert first.sides == second.sides
