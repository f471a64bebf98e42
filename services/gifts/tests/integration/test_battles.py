"""Battles over real rooms: begun once, counted by the charge's time, decided once, told in both."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from chassis import ids, outbox
from chassis.db import transaction
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from contracts.gifts.live import FrameBattle
from gifts.commands.tend_battles import tend_due_battles
from gifts.commands.tend_rooms import tend_due_rooms
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.domain.battle import Battle, PowerUp, PowerUpKind, replay
from gifts.domain.battle_roll import roll
from gifts.domain.gift import Gift
from gifts.domain.refusals import (
    BattleInvitationExpiredError,
    BattleNotRunningError,
    BattleUnknownError,
    IdempotencyConflictError,
    MalformedError,
    PowerUpUsedUpError,
    RoomInBattleError,
    RoomNotOpenError,
    RoomUnknownError,
)
from gifts.domain.room_rules import RoomRules
from gifts.edge.battle_host import BattleHost
from gifts.store.battle import rules_in_force
from gifts.store.room import lock_rooms
from gifts.testing import (
    NOW,
    a_new_gift,
    an_order,
    asked_of,
    batch_of,
    given_back,
    open_shop,
    posted,
    settle,
    take_back,
    taken_back,
    write,
)
from gifts.testing.battles import (
    FIRST_RULES,
    begin_battle,
    stored_battle,
    stored_log,
    tick_battles,
)
from gifts.testing.rooms import close_a_room, open_a_room, tick, told_frames

RULES = RoomRules(idle_max=timedelta(hours=1))
TICK = timedelta(microseconds=1)
END = NOW + timedelta(minutes=5)
DECIDED = END + timedelta(seconds=10)


class KilledError(Exception):
    """A process dies here."""


@dataclass
class Arena:
    """Two open rooms and a battle that has begun."""

    service: Database
    rooms: tuple[UUID, UUID]
    battle: Battle

    async def give(
        self, side: int, *, coins: int = 7, at: datetime = NOW, booked_at: datetime | None = None
    ) -> Gift:
        """A gift of roses, charged, and booked then or later."""
        gift = await self.written(side, coins)
        await settle(
            self.service.pool,
            posted(gift, posted_at=at),
            rules=RULES,
            now=lambda: booked_at or at,
        )
        return gift

    async def written(self, side: int, coins: int = 7) -> Gift:
        new = a_new_gift(
            an_order(
                creator_id=self.battle.sides[side].creator_id,
                count=coins,
                quoted_price_coins=coins,
                target_kind="room",
                target_id=str(self.rooms[side]),
            )
        )
        await write(self.service.pool, new)
        return new.gift

    async def use(
        self,
        side: int,
        kind: PowerUpKind,
        *,
        at: datetime = NOW,
        power_up_id: UUID | None = None,
    ) -> PowerUp:
        """Use a power-up as the api does."""
        power_up_id = power_up_id or ids.uuid7()
        host = BattleHost(self.service.pool, RULES, now=lambda: at)
        battle = await host.use(
            self.battle.battle_id,
            self.rooms[side],
            self.battle.sides[side].creator_id,
            power_up_id,
            kind,
        )
        [found] = [each for each in battle.power_ups if each.power_up_id == power_up_id]
        return found

    async def hit(self, side: int) -> PowerUp:
        """A glove that hits: the test knows the seed, and makes the id that does it."""
        battle = await self.stored()
        assert battle.seed is not None
        number = len(battle.power_ups) + 1
        for place in range(1_000):
            power_up_id = UUID(int=place)
            thrown = roll(battle.seed, battle.battle_id, number, power_up_id, sides=100)
            if thrown < battle.rules.glove_chance_pct:
                return await self.use(side, "GLOVE", power_up_id=power_up_id)
        raise AssertionError

    async def stored(self) -> Battle:
        return await stored_battle(self.service.pool, self.battle.battle_id)

    async def points(self) -> tuple[int, int]:
        left, right = (await self.stored()).sides
        return left.points, right.points

    async def later_points(self) -> tuple[int, int]:
        left, right = (await self.stored()).sides
        return left.later_points, right.later_points

    async def tick(self, at: datetime) -> None:
        """Both clocks of a worker."""
        await tick_battles(self.service.pool, at, rules=RULES)
        await tick(self.service.pool, at, rules=RULES)

    async def shown(self, side: int) -> FrameBattle:
        """The battle in the newest frame of a room that is no keyframe."""
        told = await told_frames(self.service.pool, self.rooms[side])
        battle = [frame for frame in told if not frame.keyframe][-1].battle
        assert battle is not None
        return battle

    async def check_replay(self) -> None:
        battle = await self.stored()
        assert battle.seed is not None
        log = await stored_log(self.service.pool, battle)
        again = replay(battle, log, battle.seed)
        for each in (again, battle):
            each.due_at = None
            for side in each.sides:
                side.untold = False
        assert msgspec.to_builtins(again) == msgspec.to_builtins(battle)


@pytest.fixture
async def rooms(service: Database) -> tuple[UUID, UUID]:
    """Star's and moon's, in an order of ids that is not that of the sides."""
    await open_shop(service.pool, "moon")
    right, left = sorted([ids.uuid7(), ids.uuid7()])
    for room_id, creator_id in ((left, "star"), (right, "moon")):
        await open_a_room(service.pool, room_id=room_id, creator_id=creator_id, rules=RULES)
    return left, right


@pytest.fixture
async def arena(service: Database, rooms: tuple[UUID, UUID]) -> Arena:
    left, right = rooms
    battle = await begin_battle(service.pool, (left, "star"), (right, "moon"))
    return Arena(service, rooms, battle)


async def test_the_first_rules(service: Database) -> None:
    """Versioned data; what the tests of the engine go by is what a new system starts with."""
    async with service.pool.acquire() as conn:
        assert await rules_in_force(conn, at=NOW) == FIRST_RULES


async def test_gifts_count_by_when_they_were_charged(arena: Arena) -> None:
    """Half-open, whenever they are booked (E26, E27)."""
    await arena.give(0, coins=1, at=NOW - TICK)
    await arena.give(0, coins=2, at=NOW)
    await arena.give(0, coins=4, at=END - TICK, booked_at=END + timedelta(seconds=9))
    await arena.give(1, coins=8, at=END)

    assert await arena.points() == (6, 0)
    await arena.check_replay()


async def test_an_answer_that_comes_again_counts_once(arena: Arena) -> None:
    gift = await arena.give(0)
    await settle(arena.service.pool, posted(gift, posted_at=NOW), rules=RULES, now=lambda: NOW)

    assert await arena.points() == (7, 0)


async def test_a_batch_that_dies_leaves_nothing(arena: Arena) -> None:
    """And done again it counts once: points come with the settlement."""
    gift = await arena.written(0)
    answer = posted(gift, posted_at=NOW)

    async def settle_and_die() -> None:
        async with transaction(arena.service.pool) as conn:
            await ChargeAnswered(RULES, now=lambda: NOW).apply(conn, batch_of(answer))
            raise KilledError

    with pytest.raises(KilledError):
        await settle_and_die()
    assert await arena.points() == (0, 0)

    await settle(arena.service.pool, answer, rules=RULES, now=lambda: NOW)
    assert await arena.points() == (7, 0)


async def test_both_rooms_are_told(arena: Arena) -> None:
    """The rival's by the clock, at once and in its own frames."""
    at = NOW + timedelta(seconds=1)
    await arena.tick(at)
    await arena.give(0, at=at)
    await arena.tick(at + RULES.frame_every)

    for side in (0, 1):
        shown = await arena.shown(side)
        assert [each.points for each in shown.sides] == [7, 0]
        assert (shown.status, shown.ends_at, shown.seed) == ("RUNNING", END, None)


async def test_nothing_is_told_of_a_battle_in_which_nothing_happens(arena: Arena) -> None:
    await arena.tick(NOW + timedelta(seconds=1))
    told = await told_frames(arena.service.pool)
    for seconds in range(2, 12):
        await arena.tick(NOW + timedelta(seconds=seconds))

    assert await told_frames(arena.service.pool) == told


async def test_the_result_is_decided_once(arena: Arena) -> None:
    """By any number of clocks at once; a clock that dies leaves it to the next."""
    await arena.give(0, coins=8)
    await arena.give(1, coins=9)
    await arena.tick(DECIDED - TICK)
    assert (await arena.stored()).winner is None

    async def decide_and_die() -> None:
        async with transaction(arena.service.pool) as conn:
            await tend_due_battles(conn, RULES, at=DECIDED)
            raise KilledError

    with pytest.raises(KilledError):
        await decide_and_die()
    assert (await arena.stored()).winner is None

    await asyncio.gather(*(tick_battles(arena.service.pool, DECIDED, rules=RULES) for _ in "1234"))
    await arena.tick(DECIDED + timedelta(seconds=1))

    battle = await arena.stored()
    assert (battle.winner, battle.ended and battle.ended.at) == ("right", DECIDED)
    assert battle.due_at is None
    for side in (0, 1):
        shown = await arena.shown(side)
        assert (shown.status, shown.winner_room_id) == ("ENDED", arena.rooms[1])
        assert shown.seed == (battle.seed or b"").hex()
    ends = [
        frame
        for frame in await told_frames(arena.service.pool)
        if frame.battle is not None and frame.battle.status == "ENDED"
    ]
    assert len(ends) == 2
    await arena.check_replay()


async def test_a_worker_that_has_just_begun_reads_charges_before_it_decides(arena: Arena) -> None:
    begun = END + timedelta(minutes=1)
    await tick_battles(arena.service.pool, begun, rules=RULES, since=begun)
    await arena.give(0, at=END - TICK, booked_at=begun)
    await tick_battles(arena.service.pool, begun + timedelta(seconds=9), rules=RULES, since=begun)
    assert (await arena.stored()).winner is None

    await tick_battles(arena.service.pool, begun + timedelta(seconds=10), rules=RULES, since=begun)
    assert (await arena.stored()).winner == "left"


async def test_points_of_a_running_battle_go_back(arena: Arena) -> None:
    """With the glove's multiplier; and come again with what is given back (E14)."""
    glove = await arena.hit(0)
    gift = await arena.give(0, coins=10, at=glove.from_at)
    assert await arena.points() == (50, 0)
    reversal = taken_back(asked_of(gift, 4))

    await take_back(arena.service.pool, reversal, rules=RULES, now=lambda: NOW)
    assert await arena.points() == (30, 0)
    await take_back(arena.service.pool, given_back(reversal), rules=RULES, now=lambda: NOW)
    assert await arena.points() == (50, 0)
    await arena.check_replay()


async def test_a_gift_taken_back_before_it_is_settled_makes_no_points(arena: Arena) -> None:
    gift = await arena.written(0)
    await take_back(arena.service.pool, taken_back(asked_of(gift)), rules=RULES, now=lambda: NOW)
    await settle(arena.service.pool, posted(gift, posted_at=NOW), rules=RULES, now=lambda: NOW)

    assert await arena.points() == (0, 0)
    await arena.check_replay()


async def test_a_result_stands_and_is_flagged(arena: Arena) -> None:
    """Whatever is taken back after it, or comes too late for it (E14)."""
    gift = await arena.give(0, coins=8)
    await arena.give(1, coins=7)
    await arena.tick(DECIDED)
    later = DECIDED + timedelta(seconds=1)

    reversal = taken_back(asked_of(gift))
    await take_back(arena.service.pool, reversal, rules=RULES, now=lambda: later)
    await arena.give(1, coins=5, at=END - TICK, booked_at=later)
    await arena.tick(later + RULES.frame_every)

    battle = await arena.stored()
    assert (await arena.points(), battle.winner) == ((8, 7), "left")
    assert await arena.later_points() == (-8, 5)
    for side in (0, 1):
        shown = await arena.shown(side)
        assert (shown.flagged, shown.winner_room_id) == (True, arena.rooms[0])
    await arena.check_replay()


async def test_points_are_no_money(arena: Arena) -> None:
    """The same gift with and without a glove: what is published and owed is the same."""
    pool = arena.service.pool
    glove = await arena.hit(0)
    outside = await arena.give(0, coins=10, at=NOW - TICK)
    inside = await arena.give(0, coins=10, at=glove.from_at)
    assert await arena.points() == (50, 0)

    rows = await pool.fetch("SELECT records FROM outbox WHERE stream NOT LIKE 'live:%'")
    sent = {
        event["gift_id"]: event
        for row in rows
        for record in outbox.unpack(row["records"])
        for event in [msgspec.json.decode(record.value)]
        if "slices" in event
    }
    for each in ("price_coins", "slices", "count"):
        assert sent[str(outside.gift_id)][each] == sent[str(inside.gift_id)][each]
    assert await pool.fetchval("SELECT coins FROM creator_total WHERE creator_id = 'star'") == 20
    assert await pool.fetchval("SELECT sum(coins)::bigint FROM room_gifter") == 20
    coins = "SELECT coins FROM room WHERE room_id = $1"
    assert await pool.fetchval(coins, arena.rooms[0]) == 20


async def test_a_power_up_is_used_once_by_its_id(arena: Arena) -> None:
    first = await arena.use(0, "TIME_MAKER", power_up_id=UUID(int=5))

    assert await arena.use(0, "TIME_MAKER", power_up_id=UUID(int=5)) == first
    assert len((await arena.stored()).power_ups) == 1
    for side, kind in ((1, "TIME_MAKER"), (0, "MIST")):
        with pytest.raises(IdempotencyConflictError):
            await arena.use(side, kind, power_up_id=UUID(int=5))  # pyright: ignore[reportArgumentType]


async def test_time_makers_are_three_also_at_once(arena: Arena) -> None:
    outcomes = await asyncio.gather(
        *(arena.use(number % 2, "TIME_MAKER") for number in range(6)), return_exceptions=True
    )

    assert sum(isinstance(each, PowerUp) for each in outcomes) == 3
    assert sum(isinstance(each, PowerUpUsedUpError) for each in outcomes) == 3
    await arena.check_replay()


async def test_a_mist_hides_points_in_frames_and_lifts_by_the_clock(arena: Arena) -> None:
    await arena.give(0)
    mist = await arena.use(0, "MIST", at=NOW + timedelta(seconds=1))
    await arena.tick(NOW + timedelta(seconds=2))
    for side in (0, 1):
        assert [each.points for each in (await arena.shown(side)).sides] == [None, 0]

    await arena.tick(mist.until_at)
    for side in (0, 1):
        assert [each.points for each in (await arena.shown(side)).sides] == [7, 0]


async def test_battles_and_gifts_at_once_do_not_wait_in_a_circle(
    service: Database, arena: Arena
) -> None:
    """Both rooms are given to, taken back from, told, and use power-ups, all at the same time.

    Nothing here tries again: a deadlock would fail the test.
    """
    gifts = [[await arena.written(side) for _ in range(12)] for side in (0, 1)]
    both = [await arena.written(n % 2) for n in range(12)]

    async def answers(*answered: Gift) -> None:
        for start in range(0, len(answered), 3):
            batch = [posted(gift, posted_at=NOW) for gift in answered[start : start + 3]]
            await settle(service.pool, *batch, rules=RULES, now=lambda: NOW)

    async def reverse() -> None:
        for left, right in zip(*gifts, strict=True):
            reversal = taken_back(asked_of(right), asked_of(left, position=1))
            await take_back(service.pool, reversal, rules=RULES, now=lambda: NOW)

    async def use(side: int) -> None:
        for kind in ("GLOVE", "MIST", "STUN_HAMMER"):
            await arena.use(side, kind)

    async def tend() -> None:
        for milliseconds in range(0, 8_000, 200):
            at = NOW + timedelta(milliseconds=milliseconds)
            async with transaction(service.pool) as conn:
                await tend_due_battles(conn, RULES, at=at)
            async with transaction(service.pool) as conn:
                await tend_due_rooms(conn, RULES, at=at)

    await asyncio.gather(
        *(answers(*gifts[0]), answers(*gifts[1]), answers(*both), reverse()),
        *(use(0), use(1), tend(), tend()),
    )

    left, right = (await arena.stored()).sides
    assert left.points + left.later_points >= 6 * 7
    assert right.points >= 6 * 7
    await arena.check_replay()


async def test_a_battle_is_proposed_and_accepted_once(
    service: Database, rooms: tuple[UUID, UUID]
) -> None:
    host = BattleHost(service.pool, RULES, now=lambda: NOW)
    battle_id = ids.uuid7()

    proposed = await asyncio.gather(*(host.propose(battle_id, *rooms, "star") for _ in range(3)))
    assert sorted(each.replayed for each in proposed) == [False, True, True]
    accepted = await asyncio.gather(*(host.accept(battle_id, rooms[1], "moon") for _ in range(3)))
    assert len({each.seed for each in accepted}) == 1
    with pytest.raises(IdempotencyConflictError):
        await host.propose(battle_id, rooms[1], rooms[0], "moon")


async def test_what_is_refused(service: Database, rooms: tuple[UUID, UUID]) -> None:
    left, right = rooms
    host = BattleHost(service.pool, RULES, now=lambda: NOW)
    late = BattleHost(service.pool, RULES, now=lambda: NOW + timedelta(seconds=60))
    with pytest.raises(MalformedError):
        await host.propose(ids.uuid7(), left, left, "star")
    with pytest.raises(RoomUnknownError):
        await host.propose(ids.uuid7(), left, right, "moon")
    with pytest.raises(RoomNotOpenError):
        await host.propose(ids.uuid7(), left, ids.uuid7(), "star")
    battle_id, other_id = ids.uuid7(), ids.uuid7()
    for each in (battle_id, other_id):
        await host.propose(each, left, right, "star")
    for refused in (
        host.accept(ids.uuid7(), right, "moon"),
        host.accept(battle_id, left, "star"),
        host.accept(battle_id, right, "star"),
        host.use(battle_id, right, "star", ids.uuid7(), "MIST"),
    ):
        with pytest.raises(BattleUnknownError):
            await refused
    with pytest.raises(BattleInvitationExpiredError):
        await late.accept(battle_id, right, "moon")
    await host.accept(battle_id, right, "moon")
    with pytest.raises(RoomInBattleError):
        await host.accept(other_id, right, "moon")


async def test_a_closed_room_begins_no_battle_but_ends_the_one_it_is_in(
    service: Database, arena: Arena
) -> None:
    """Its battle goes on to the end, with what was given."""
    left, right = arena.rooms
    await arena.give(0)
    await close_a_room(service.pool, left, at=NOW, rules=RULES)
    await arena.tick(DECIDED)
    await arena.tick(DECIDED + RULES.frame_every)
    assert (await arena.stored()).winner == "left"
    assert (await arena.shown(0)).status == "ENDED"

    host = BattleHost(service.pool, RULES, now=lambda: DECIDED)
    with pytest.raises(RoomNotOpenError):
        await host.propose(ids.uuid7(), right, left, "moon")


async def test_a_second_battle_follows_the_first(service: Database, arena: Arena) -> None:
    await arena.give(0)
    await arena.tick(DECIDED)
    left, right = arena.rooms
    second = await begin_battle(service.pool, (right, "moon"), (left, "star"), at=DECIDED)
    await arena.give(0, at=DECIDED)

    assert await arena.points() == (7, 0)
    stored = await stored_battle(service.pool, second.battle_id)
    assert [side.points for side in stored.sides] == [0, 7]


async def test_a_gift_that_is_late_counts_in_the_battle_of_its_time(
    service: Database, arena: Arena
) -> None:
    """Though another one runs by now, and in one batch with that one's gifts (E26)."""
    await arena.tick(DECIDED)
    left, right = arena.rooms
    second = await begin_battle(service.pool, (right, "moon"), (left, "star"), at=DECIDED)
    gifts = [await arena.written(0, coins) for coins in (1, 2, 4, 8)]
    times = (NOW - TICK, END - TICK, DECIDED - TICK, DECIDED)
    charges = [posted(gift, posted_at=at) for gift, at in zip(gifts, times, strict=True)]
    await settle(service.pool, *charges, rules=RULES, now=lambda: DECIDED)

    assert (await arena.points(), await arena.later_points()) == ((0, 0), (2, 0))
    stored = await stored_battle(service.pool, second.battle_id)
    assert [side.points for side in stored.sides] == [0, 8]
    await arena.check_replay()


async def test_the_clock_is_read_under_the_locks(
    service: Database, rooms: tuple[UUID, UUID]
) -> None:
    """What was booked while a host waited for the rooms was charged before the host's turn.

    Otherwise a gift could be charged after the start, or before the end that a time maker moved,
    and count in no battle (E27).
    """
    left, right = rooms
    time = NOW
    host = BattleHost(service.pool, RULES, now=lambda: time)
    battle_id = ids.uuid7()
    await host.propose(battle_id, left, right, "star")

    async def waiting() -> object:
        return await service.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )

    async with transaction(service.pool) as conn:
        await lock_rooms(conn, rooms)
        accepting = asyncio.create_task(host.accept(battle_id, right, "moon"))
        await eventually(waiting)
        time = NOW + timedelta(seconds=1)
    assert (await accepting).started_at == time

    async with transaction(service.pool) as conn:
        await lock_rooms(conn, rooms)
        using = asyncio.create_task(host.use(battle_id, left, "star", ids.uuid7(), "TIME_MAKER"))
        await eventually(waiting)
        time = NOW + timedelta(seconds=301)
    with pytest.raises(BattleNotRunningError):
        await using


async def test_a_battle_is_as_long_as_it_was_when_it_was_proposed(
    service: Database, rooms: tuple[UUID, UUID]
) -> None:
    left, right = rooms
    battle_id = ids.uuid7()
    short = RULES._replace(battle_length=timedelta(seconds=20))
    await BattleHost(service.pool, short, now=lambda: NOW).propose(battle_id, left, right, "star")
    host = BattleHost(service.pool, RULES, now=lambda: NOW)
    await host.propose(battle_id, left, right, "star")
    battle = await host.accept(battle_id, right, "moon")

    assert battle.ends_at == NOW + timedelta(seconds=20)


UNCHANGING: list[str] = [
    "UPDATE battle SET left_points = left_points + 1",
    "UPDATE battle SET winner = 'right'",
    "UPDATE battle SET winner = 'draw', left_points = right_points",
    "UPDATE battle SET ended_at = NULL, ended_seq = NULL, winner = NULL",
    "UPDATE battle SET seed = sha256('x')",
    "UPDATE battle SET ends_at = ends_at - interval '1 s'",
    "UPDATE battle SET right_room_id = gen_random_uuid()",
    "UPDATE battle SET left_later_points = -100",
    "UPDATE battle SET events = 0",
    "UPDATE battle SET length_s = 1",
    "UPDATE battle_room SET started_at = now()",
    "DELETE FROM battle_room",
    "DELETE FROM battle",
    "TRUNCATE battle",
    "UPDATE battle_event SET coins = 1",
    "DELETE FROM battle_event",
    "UPDATE battle_power_up SET until_at = until_at + interval '1 s'",
    "DELETE FROM battle_power_up",
    "UPDATE battle_rules SET glove_multiplier = 2",
    "DELETE FROM battle_rules",
]


@pytest.mark.parametrize("statement", UNCHANGING)
async def test_the_database_keeps_results(arena: Arena, statement: str) -> None:
    await arena.use(0, "MIST")
    await arena.give(0)
    await arena.tick(DECIDED)

    with pytest.raises((asyncpg.CheckViolationError, asyncpg.RestrictViolationError)):
        await arena.service.pool.execute(statement)
