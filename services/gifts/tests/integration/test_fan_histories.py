"""Random months of giving: levels and fan clubs are what a slow model makes of all that happened.

Creators go live or stay away; gifts are settled late, in batches and again, and batches die; gifts
are taken back and given back, in any order, also before they are settled.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.db import Pool, transaction
from chassis.testing.databases import Database
from contracts.gifts.fans import ClubChanged, LevelReached
from contracts.wallet.v1 import ChargePosted, PurchaseReversed
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.data import first_levels
from gifts.domain.gift import Gift
from gifts.domain.gifter import level_at
from gifts.domain.level_file import read_levels, table_of
from gifts.store.fan_club import count_members
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
from gifts.testing.fans import ModelFans, stored_gifter, stored_standing, told_of_fans
from gifts.testing.rooms import close_a_room, open_a_room

# From the day of the test on, in which the shop opens: what is charged before has no table.
BEGINNING = NOW.replace(year=2126)
TABLE = table_of(read_levels(first_levels()), published_at=NOW)
WEEK_S = 7 * 24 * 3_600

waits = st.sampled_from([0, 1, 3_600, WEEK_S // 2, WEEK_S - 1, WEEK_S, 3 * WEEK_S])
steps = st.lists(
    st.one_of(
        *[
            st.tuples(
                st.just("gift"),
                st.integers(0, 1),
                st.integers(0, 2),
                st.sampled_from(["heart-me", "heart-me", "rose", "confetti"]),
                waits,
            )
        ]
        * 3,
        st.tuples(st.just("live"), st.integers(0, 1), waits),
        st.tuples(st.just("settle"), st.integers(1, 6), st.booleans()),
        st.tuples(st.just("settle"), st.integers(1, 6), st.booleans()),
        st.tuples(st.just("again"), st.integers(0, 100)),
        st.tuples(st.just("take"), st.integers(0, 100), st.sampled_from([1, 9, 10, 100])),
        st.tuples(st.just("take"), st.integers(0, 100), st.sampled_from([1, 9, 10, 100])),
        st.tuples(st.just("give back"), st.integers(0, 100)),
    ),
    min_size=10,
    max_size=50,
)


@dataclass
class Months:
    """Two creators, three who give, what the model makes of it, and what is under way."""

    pool: Pool
    creators: list[str]
    users: list[str]
    model: ModelFans = field(default_factory=lambda: ModelFans(TABLE))
    now: datetime = BEGINNING
    gifts: list[Gift] = field(default_factory=list[Gift])
    under_way: list[ChargePosted] = field(default_factory=list[ChargePosted])
    answered: list[ChargePosted] = field(default_factory=list[ChargePosted])
    reversals: list[tuple[Gift, PurchaseReversed]] = field(
        default_factory=list[tuple[Gift, PurchaseReversed]]
    )
    rooms: dict[str, UUID] = field(default_factory=dict[str, UUID])
    moments: list[datetime] = field(default_factory=lambda: [BEGINNING])

    async def do(self, step: Any) -> None:
        match step:
            case ("gift", creator, user, item, after_s):
                self.pass_time(after_s)
                await self.give(self.creators[creator], self.users[user], item)
            case ("live", creator, after_s):
                self.pass_time(after_s)
                await self.go_live_or_end(self.creators[creator])
            case ("settle", answers, dies) if self.under_way:
                await self.settle(answers, dies=dies)
            case ("again", place) if self.answered:
                await self.apply([self.answered[place % len(self.answered)]])
            case ("take", place, coins) if self.gifts:
                await self.take(self.gifts[place % len(self.gifts)], coins)
            case ("give back", place) if self.reversals:
                gift, event = self.reversals.pop(place % len(self.reversals))
                await take_back(self.pool, given_back(event), now=lambda: self.now)
                self.model.take(gift, -event.coins)
            case _:
                pass

    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.moments.append(self.now)

    async def give(self, creator_id: str, user_id: str, item_id: str) -> None:
        order = an_order(
            creator_id=creator_id,
            sender_id=user_id,
            item_id=item_id,
            count=1,
            quoted_price_coins=1_000,
        )
        new = a_new_gift(order)
        await write(self.pool, new)
        self.gifts.append(new.gift)
        self.under_way.append(posted(new.gift, posted_at=self.now))

    async def go_live_or_end(self, creator_id: str) -> None:
        lives = self.model.lives.setdefault(creator_id, [])
        room_id = self.rooms.pop(creator_id, None)
        if room_id is None:
            room = await open_a_room(self.pool, creator_id=creator_id, at=self.now)
            self.rooms[creator_id] = room.room_id
            lives.append([self.now])
        else:
            await close_a_room(self.pool, room_id, creator_id, at=self.now)
            lives[-1].append(self.now)

    async def settle(self, answers: int, *, dies: bool) -> None:
        answered, self.under_way = self.under_way[:answers], self.under_way[answers:]
        answered_twice = [*answered, answered[0]]
        if dies:
            with pytest.raises(InterruptedError):
                await self._die(answered_twice)
        await self.apply(answered_twice)
        self.answered += answered
        gifts = {gift.gift_id: gift for gift in self.gifts}
        self.model.settle([(gifts[each.charge_id], each.posted_at) for each in answered], self.now)

    async def apply(self, answers: list[ChargePosted]) -> None:
        await settle(self.pool, *answers, now=lambda: self.now)

    async def _die(self, answers: list[ChargePosted]) -> None:
        async with transaction(self.pool) as conn:
            await ChargeAnswered(now=lambda: self.now).apply(conn, batch_of(*answers))
            raise InterruptedError

    async def take(self, gift: Gift, coins: int) -> None:
        taken = sum(event.coins for each, event in self.reversals if each is gift)
        coins = min(coins, gift.price_coins - taken)
        if coins:
            event = taken_back(asked_of(gift, coins))
            await take_back(self.pool, event, now=lambda: self.now)
            self.reversals.append((gift, event))
            self.model.take(gift, coins)

    async def assert_as_the_model_says(self) -> None:
        moments = [*self.moments, self.now + timedelta(days=10), self.now + timedelta(days=40)]
        for user_id in self.users:
            gifter = await stored_gifter(self.pool, user_id)
            assert (gifter.points if gifter else 0) == self.model.points.get(user_id, 0)
            if gifter is not None:
                for at in moments:
                    assert level_at(gifter, TABLE, at) == self.model.level(user_id, at)
        for creator_id in self.creators:
            for user_id in self.users:
                await self._assert_member(creator_id, user_id, moments)
            async with self.pool.acquire() as conn:
                counted = await count_members(
                    conn, creator_id, lives_ended_by=self.now - timedelta(days=7)
                )
            assert counted == sum(
                self.model.is_active((creator_id, user_id), self.now)
                for user_id in self.users
                if (creator_id, user_id) in self.model.members
            )

    async def _assert_member(self, creator_id: str, user_id: str, moments: list[datetime]) -> None:
        pair = creator_id, user_id
        standing = await stored_standing(self.pool, *pair)
        assert (standing is not None) == (pair in self.model.members)
        if standing is None:
            return
        assert standing.member.reached_level == self.model.members[pair].told_level
        for at in moments:
            assert standing.is_active(TABLE, at) == self.model.is_active(pair, at)
            points = standing.points(self.model.given[pair], TABLE, at)
            assert points == self.model.club_points(pair, at)

    async def assert_told(self) -> None:
        """What was told is what the model says, each once."""
        told: list[tuple[object, ...]] = []
        for event in await told_of_fans(self.pool):
            if isinstance(event, LevelReached) and event.user_id in self.users:
                told.append((event.user_id, event.from_level, event.level))
            if isinstance(event, ClubChanged) and event.creator_id in self.creators:
                pair = event.creator_id, event.user_id
                told.append((*pair, event.change, event.level, event.gift_id))
        assert Counter(told) == Counter(self.model.told)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=steps)
async def test_fans_are_what_the_model_says(service: Database, history: list[Any]) -> None:
    """Points, levels, memberships and what was told of them, whatever is taken back in what order.

    All examples share a database: each has people of its own.
    """
    known = await service.pool.fetchval("SELECT count(*) FROM creator")
    creators = [f"creator-{known}", f"creator-{known + 1}"]
    await open_shop(service.pool, *creators)
    months = Months(service.pool, creators, [f"{name}-{known}" for name in ("ann", "ben", "cleo")])

    for step in history:
        await months.do(step)
    await months.assert_as_the_model_says()
    while months.under_way:
        await months.settle(6, dies=False)

    await months.assert_as_the_model_says()
    await months.assert_told()
