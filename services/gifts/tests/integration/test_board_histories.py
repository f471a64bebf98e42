"""Random evenings on boards: each window is what a slow model makes of all that happened (C21).

Gifts are charged in whatever window, settled late, in batches and again; they are taken back and
given back, also before they are settled, and when their windows are long over.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chassis.db import Pool, transaction
from chassis.testing.databases import Database
from contracts.wallet.v1 import ChargePosted, PurchaseReversed
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.domain.board import Span
from gifts.domain.gift import Gift
from gifts.testing import (
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
from gifts.testing.boards import ModelBoards, stored_board

SUNDAY = datetime(2026, 5, 10, 23, 59, 58, tzinfo=UTC)
"""Hour, day and week end together, two seconds later."""

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("gift"),
            st.integers(0, 1),
            st.sampled_from(["ann", "ben", "cleo", "dan"]),
            st.integers(1, 3),
            st.sampled_from([0, 1, 999_999, 1_000_000, 3_600_000_000, 86_400_000_000]),
        ),
        st.tuples(st.just("settle"), st.integers(1, 6), st.booleans()),
        st.tuples(st.just("again"), st.integers(0, 100)),
        st.tuples(st.just("take"), st.integers(0, 100), st.integers(1, 3)),
        st.tuples(st.just("give back"), st.integers(0, 100)),
    ),
    min_size=5,
    max_size=40,
)


@dataclass
class Evening:
    """Two creators, what the model makes of their boards, and what is under way."""

    pool: Pool
    creators: list[str]
    model: ModelBoards = field(default_factory=ModelBoards)
    now: datetime = SUNDAY
    gifts: list[Gift] = field(default_factory=list[Gift])
    under_way: list[ChargePosted] = field(default_factory=list[ChargePosted])
    answered: list[ChargePosted] = field(default_factory=list[ChargePosted])
    reversals: list[tuple[Gift, PurchaseReversed]] = field(
        default_factory=list[tuple[Gift, PurchaseReversed]]
    )
    moments: list[datetime] = field(default_factory=lambda: [SUNDAY])

    async def do(self, step: Any) -> None:
        match step:
            case ("gift", creator, sender, count, after_us):
                self.now += timedelta(microseconds=after_us)
                self.moments.append(self.now)
                await self.give(self.creators[creator], sender, count)
            case ("settle", answers, dies) if self.under_way:
                await self.settle(answers, dies=dies)
            case ("again", place) if self.answered:
                await settle(self.pool, self.answered[place % len(self.answered)])
            case ("take", place, coins) if self.gifts:
                await self.take(self.gifts[place % len(self.gifts)], coins)
            case ("give back", place) if self.reversals:
                gift, event = self.reversals.pop(place % len(self.reversals))
                await take_back(self.pool, given_back(event))
                self.model.take(gift, -event.coins)
            case _:
                pass

    async def give(self, creator_id: str, sender_id: str, count: int) -> None:
        order = an_order(
            creator_id=creator_id, sender_id=sender_id, count=count, quoted_price_coins=count
        )
        new = a_new_gift(order)
        await write(self.pool, new)
        self.gifts.append(new.gift)
        self.under_way.append(posted(new.gift, posted_at=self.now))

    async def settle(self, answers: int, *, dies: bool) -> None:
        answered, self.under_way = self.under_way[:answers], self.under_way[answers:]
        answered_twice = [*answered, answered[0]]
        if dies:
            with pytest.raises(InterruptedError):
                await self._die(answered_twice)
        await settle(self.pool, *answered_twice)
        self.answered += answered
        gifts = {gift.gift_id: gift for gift in self.gifts}
        self.model.settle([(gifts[each.charge_id], each.posted_at) for each in answered])

    async def _die(self, answers: list[ChargePosted]) -> None:
        async with transaction(self.pool) as conn:
            await ChargeAnswered().apply(conn, batch_of(*answers))
            raise InterruptedError

    async def take(self, gift: Gift, coins: int) -> None:
        taken = sum(event.coins for each, event in self.reversals if each is gift)
        coins = min(coins, gift.price_coins - taken)
        if coins:
            event = taken_back(asked_of(gift, coins))
            await take_back(self.pool, event)
            self.reversals.append((gift, event))
            self.model.take(gift, coins)

    async def assert_as_the_model_says(self) -> None:
        for creator_id in self.creators:
            for span in set(Span) - {Span.ROOM}:
                for at in self.moments:
                    stored = await stored_board(self.pool, creator_id, span, at)
                    assert [(each.user_id, each.coins) for each in stored] == self.model.board(
                        creator_id, span, at
                    )
                    for before, after in pairwise(stored):
                        assert (-before.coins, before.place) < (-after.coins, after.place)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=steps)
@example(
    history=[
        ("gift", 0, "ann", 1, 0),
        ("gift", 0, "ben", 1, 0),
        ("take", 0, 1),
        ("gift", 1, "ann", 1, 0),
        ("give back", 0),
    ]
)
@example(
    history=[
        ("gift", 0, "ben", 1, 0),
        ("gift", 0, "ben", 1, 3_600_000_000),
        ("take", 0, 1),
        ("gift", 0, "ann", 1, 0),
    ]
)
async def test_boards_are_what_the_model_says(service: Database, history: list[Any]) -> None:
    """Of every window, finished ones too: who stands there, with how much, in which order.

    All examples share a database: each has creators of its own.
    """
    known = await service.pool.fetchval("SELECT count(*) FROM creator")
    creators = [f"creator-{known}", f"creator-{known + 1}"]
    await open_shop(service.pool, *creators)
    evening = Evening(service.pool, creators)

    for step in history:
        await evening.do(step)
    await evening.assert_as_the_model_says()
    while evening.under_way:
        await evening.settle(6, dies=False)

    await evening.assert_as_the_model_says()
