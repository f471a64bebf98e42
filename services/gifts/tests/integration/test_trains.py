"""Trains in rooms: moved with gifts, ended by the clock, told in frames."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.db import transaction
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from contracts.gifts.live import FrameTrain, RoomFrame
from gifts.commands.send_gifts import NewGift
from gifts.domain.room_rules import RoomRules
from gifts.edge.train_clock import TrainClock
from gifts.testing import (
    NOW,
    a_new_gift,
    an_order,
    asked_of,
    given_back,
    posted,
    settle,
    take_back,
    taken_back,
    write,
)
from gifts.testing.boards import agree
from gifts.testing.rooms import close_a_room, open_a_room, tick, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

RULES = RoomRules(idle_max=timedelta(days=30), age_max=timedelta(days=60))
PEOPLE = ("ann", "ben", "cy", "dan", "eve", "fay")
TRAIN = """
query ($id: UUID!) { room(id: $id) { train {
  id difficulty level levels progressCoins targetCoins startedAt expiresAt endedAt
  topGifters { rank coins user { id } }
} } }
"""


def s(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def give(
    service: Database, room_id: UUID, user: str, coins: int, *, at: datetime, lag_s: float = 0
) -> NewGift:
    """Coins, in roses, charged some time before they are booked."""
    order = an_order(
        sender_id=user,
        count=min(coins, 1_000),
        quoted_price_coins=coins,
        target_kind="room",
        target_id=str(room_id),
    )
    new = a_new_gift(order)
    await write(service.pool, new)
    charged = posted(new.gift, posted_at=at - timedelta(seconds=lag_s))
    await settle(service.pool, charged, now=lambda: at, rules=RULES)
    return new


async def clock(service: Database, at: datetime) -> None:
    """Both clocks, until nothing is due."""
    trains = TrainClock(service.pool, RULES, now=lambda: at)
    while await trains.once():
        pass
    await tick(service.pool, at, rules=RULES)


async def start(service: Database, room_id: UUID, *, at: float) -> list[NewGift]:
    """Five people, ten coins each."""
    return [await give(service, room_id, user, 10, at=s(at)) for user in PEOPLE[:5]]


def shown(frames: Sequence[RoomFrame]) -> list[FrameTrain]:
    return [frame.train for frame in frames if frame.train is not None]


async def standing(service: Database) -> list[tuple[Any, ...]]:
    rows = await service.pool.fetch(
        "SELECT progress, level, started_at, expires_at, ended_at FROM train ORDER BY started_at"
    )
    return [tuple(row) for row in rows]


async def test_a_train_is_told_from_its_begin_to_its_end(service: Database, ask: Ask) -> None:
    """Each once; with how far it has come, and who gave most."""
    room = await open_a_room(service.pool, rules=RULES)
    await agree(service.pool, "fay", "ann")
    await start(service, room.room_id, at=1)
    await clock(service, s(2))
    await give(service, room.room_id, "fay", 500, at=s(10))
    running = await ask(TRAIN, {"id": str(room.room_id)}, sub=None)
    for at in (20, 309.9, 310, 400):
        # At 20 frames tell that streaks have ended.
        await clock(service, s(at))

    frames = [frame for frame in await told_frames(service.pool) if not frame.keyframe]
    trains = shown(frames)
    assert [train.began for train in trains] == [True, *[False] * (len(trains) - 1)]
    assert [train.ended for train in trains] == [*[False] * (len(trains) - 1), True]
    seen = [(train.level, train.progress, train.target, train.expires_at) for train in trains]
    assert list(dict.fromkeys(seen)) == [(1, 50, 500, s(301)), (2, 550, 1500, s(310))]
    top = [(each.rank, each.coins, each.user_id) for each in trains[-1].top_gifters]
    assert top == [(1, 500, "fay"), (2, 10, "ann"), (3, 10, None)]
    assert running["data"]["room"]["train"] == {
        "id": str(trains[0].train_id),
        "difficulty": "medium",
        "level": 2,
        "levels": 5,
        "progressCoins": 550,
        "targetCoins": 1500,
        "startedAt": s(1).isoformat(),
        "expiresAt": s(310).isoformat(),
        "endedAt": None,
        "topGifters": [
            {"rank": 1, "coins": 500, "user": {"id": "fay"}},
            {"rank": 2, "coins": 10, "user": {"id": "ann"}},
            {"rank": 3, "coins": 10, "user": None},
        ],
    }
    over = await ask(TRAIN, {"id": str(room.room_id)}, sub=None)
    assert over["data"]["room"]["train"]["endedAt"] == s(310).isoformat()


async def test_a_room_without_a_train_has_none(service: Database, ask: Ask) -> None:
    room = await open_a_room(service.pool, rules=RULES)
    for _ in range(10):
        await give(service, room.room_id, "ann", 100, at=s(1))
    await clock(service, s(2))

    assert shown(await told_frames(service.pool)) == []
    assert (await ask(TRAIN, {"id": str(room.room_id)}))["data"]["room"]["train"] is None


async def test_keyframes_tell_neither_begin_nor_end(service: Database) -> None:
    """And an end that comes meanwhile is still owed."""
    room = await open_a_room(service.pool, rules=RULES)
    await start(service, room.room_id, at=1)
    await clock(service, s(2))
    await clock(service, s(10))
    await clock(service, s(30))
    await clock(service, s(302))

    frames = await told_frames(service.pool)
    told = [(frame.keyframe, frame.train) for frame in frames if frame.train is not None]
    seen = [(keyframe, train.began, train.ended) for keyframe, train in told]
    assert list(dict.fromkeys(seen)) == [
        *((False, True, False), (False, False, False), (True, False, False), (False, False, True)),
    ]
    assert len(seen) - seen.count((False, False, False)) == 3


async def test_a_train_ends_with_its_room(service: Database) -> None:
    """The frame that says that the room is closed says so, too; what is late counts for none."""
    room = await open_a_room(service.pool, rules=RULES)
    await start(service, room.room_id, at=1)
    await clock(service, s(2))
    await close_a_room(service.pool, room.room_id, at=s(50), rules=RULES)

    frames = await told_frames(service.pool)
    assert (frames[-1].status, frames[-1].train and frames[-1].train.ended) == ("CLOSED", True)
    await clock(service, s(400))
    assert [train.ended for train in shown(await told_frames(service.pool))] == [False, True]
    [(progress, _, _, _, ended_at)] = await standing(service)
    assert (progress, ended_at) == (50, s(50))


async def test_a_train_that_no_frame_told_is_told_whole(service: Database) -> None:
    """Its begin and its end in one frame, where no process was there to make one."""
    room = await open_a_room(service.pool, rules=RULES, at=s(0.9))
    await start(service, room.room_id, at=1)
    await close_a_room(service.pool, room.room_id, at=s(1.05), rules=RULES)
    await clock(service, s(5))

    assert [(train.began, train.ended) for train in shown(await told_frames(service.pool))] == [
        (True, True)
    ]


async def test_any_number_of_clocks_end_it_once(service: Database) -> None:
    room = await open_a_room(service.pool, rules=RULES)
    await start(service, room.room_id, at=1)
    await clock(service, s(2))

    await asyncio.gather(*(clock(service, s(301)) for _ in range(6)))
    await clock(service, s(303))

    assert [train.ended for train in shown(await told_frames(service.pool))] == [False, True]
    assert [row[-1] for row in await standing(service)] == [s(301)]


async def test_a_clock_waits_for_the_gift_that_makes_a_train_go_on(service: Database) -> None:
    """Found to be over, but by the time the room is its own a new level has been reached."""
    room = await open_a_room(service.pool, rules=RULES)
    await start(service, room.room_id, at=1)
    await clock(service, s(2))

    async def is_waiting() -> bool:
        return await service.pool.fetchval(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )

    async with transaction(service.pool) as conn:
        await conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await conn.execute("SELECT FROM room WHERE room_id = $1 FOR UPDATE", room.room_id)
        await conn.execute("UPDATE train SET expires_at = $1", s(400))
        ending = asyncio.create_task(TrainClock(service.pool, RULES, now=lambda: s(301)).once())
        await eventually(is_waiting)
    await ending

    assert [row[3:] for row in await standing(service)] == [(s(400), None)]


async def test_clocks_gifts_and_reversals_at_once(service: Database) -> None:
    """Nobody waits in a circle, and the log adds up."""
    room = await open_a_room(service.pool, rules=RULES)
    gifts = await start(service, room.room_id, at=1)

    async def giving(user: str) -> None:
        for step in range(10):
            await give(service, room.room_id, user, 50, at=s(2 + step))

    async def reversing() -> None:
        for new in gifts:
            await take_back(
                service.pool, taken_back(asked_of(new.gift)), now=lambda: s(5), rules=RULES
            )

    async def ticking() -> None:
        for step in range(10):
            await clock(service, s(2 + step))

    await asyncio.gather(giving("ann"), giving("fay"), reversing(), ticking(), ticking())

    [(progress, level, *_)] = await standing(service)
    assert (progress, level) == (1000, 2)
    assert await service.pool.fetchval("SELECT sum(coins) FROM train_gift") == 1000
    assert await service.pool.fetchval("SELECT sum(coins) FROM train_gifter") == 1000


class Model:
    """Trains of one room by slow rules of the test's own."""

    TARGETS = (500, 1500, 3500, 7000, 13000)

    def __init__(self) -> None:
        self.trains: list[dict[str, Any]] = []
        self.waiting: list[tuple[datetime, str, UUID, int]] = []

    @property
    def running(self) -> dict[str, Any] | None:
        return next((train for train in self.trains if train["ended"] is None), None)

    def clock(self, at: datetime) -> None:
        if self.running is not None and at >= self.running["expires"]:
            self.running["ended"] = at

    def give(self, user: str, gift: UUID, coins: int, charged: datetime, at: datetime) -> None:
        self.clock(at)
        if self.running is not None:
            self.add(gift, coins, at)
            return
        if self.trains and at < self.trains[-1]["ended"] + timedelta(hours=1):
            return
        if coins < 10:
            return
        self.waiting = [each for each in self.waiting if each[1] != user]
        self.waiting.append((charged, user, gift, coins))
        newest = max(each[0] for each in self.waiting)
        self.waiting = [each for each in self.waiting if newest - each[0] < timedelta(minutes=5)]
        if len(self.waiting) == 5:
            begin = {"started": at, "expires": at + timedelta(minutes=5), "ended": None}
            self.trains.append(begin | {"level": 1, "gifts": {}})
            for _, _, each, worth in self.waiting:
                self.add(each, worth, at)
            self.waiting = []

    def add(self, gift: UUID, coins: int, at: datetime) -> None:
        train = self.running
        assert train is not None
        train["gifts"][gift] = coins
        while (
            train["level"] < 5 and sum(train["gifts"].values()) >= self.TARGETS[train["level"] - 1]
        ):
            train["level"] += 1
            train["expires"] = at + timedelta(minutes=5)

    def move(self, gift: UUID, coins: int, at: datetime) -> None:
        """Take back, or give back."""
        self.clock(at)
        self.waiting = [each for each in self.waiting if each[2] != gift]
        if self.running is not None and gift in self.running["gifts"]:
            self.running["gifts"][gift] -= coins

    def standing(self) -> list[tuple[Any, ...]]:
        return [
            (
                sum(train["gifts"].values()),
                *(train[key] for key in ("level", "started", "expires", "ended")),
            )
            for train in self.trains
        ]


# Evenings in which a train begins, or several.
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5, 6])
async def test_random_evenings_are_as_the_model(service: Database, seed: int) -> None:
    """Gifts of all sizes, late ones, reversals and what is given back of them, in any order."""
    dice = random.Random(seed)
    room = await open_a_room(service.pool, rules=RULES)
    model = Model()
    at = NOW
    gifts: list[tuple[NewGift, int]] = []
    reversed_by: dict[UUID, Any] = {}
    for _ in range(120):
        at += timedelta(seconds=dice.choice([1] * 12 + [10] * 8 + [40, 100, 299, 300, 3600]))
        what = dice.choice(["give"] * 8 + ["take", "return", "wait"])
        if what == "give":
            user, coins = dice.choice(PEOPLE), dice.choice([1, 9, 10, 10, 50, 200, 900])
            lag_s = dice.choice([0, 0, 0, 60, 400])
            new = await give(service, room.room_id, user, coins, at=at, lag_s=lag_s)
            charged = at - timedelta(seconds=lag_s)
            model.give(user, new.gift.gift_id, coins, charged, at)
            gifts.append((new, coins))
        elif what == "take" and gifts:
            new, coins = gifts.pop(dice.randrange(len(gifts)))
            event = taken_back(asked_of(new.gift))
            reversed_by[new.gift.gift_id] = event
            await take_back(service.pool, event, now=lambda at=at: at, rules=RULES)
            model.move(new.gift.gift_id, coins, at)
        elif what == "return" and reversed_by:
            gift_id, event = reversed_by.popitem()
            await take_back(service.pool, given_back(event), now=lambda at=at: at, rules=RULES)
            model.move(gift_id, -event.coins, at)
        else:
            await clock(service, at)
            model.clock(at)
        # Frames, which are no part of the model: without them no next train begins.
        await tick(service.pool, at + timedelta(milliseconds=500), rules=RULES)
        assert await standing(service) == model.standing()
    at += timedelta(seconds=400)
    await clock(service, at)
    model.clock(at)
    await clock(service, at + timedelta(seconds=1))

    assert await standing(service) == model.standing()
    assert len(model.trains) >= 1
    frames = [frame for frame in await told_frames(service.pool) if not frame.keyframe]
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    ids = list(dict.fromkeys(train.train_id for train in shown(frames)))
    assert len(ids) == len(model.trains)
    for train_id in ids:
        told = [train for train in shown(frames) if train.train_id == train_id]
        assert [train.began for train in told] == [True, *[False] * (len(told) - 1)]
        assert [train.ended for train in told] == [*[False] * (len(told) - 1), True]
