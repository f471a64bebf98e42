"""Random evenings in a room: charged = shown = credited, and every streak ends once (I7).

Taps come at random times, their answers late, in batches and again; batches die and are done again;
gifts are taken back and given back, also before they are settled; the clock ticks when it likes.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import ids, outbox
from chassis.batch import Batch
from chassis.db import Pool, transact, transaction
from chassis.testing.databases import Database
from contracts.gifts.live import FrameGift, RoomFrame
from contracts.wallet.v1 import ChargePosted, PurchaseReversed
from gifts.commands.close_room import close_room
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.domain.gift import Gift
from gifts.domain.refusals import RoomNotOpenError
from gifts.domain.room import Goal, Room
from gifts.domain.room_line import LINES_MAX
from gifts.domain.room_rules import RoomRules
from gifts.store.room import find_room
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
from gifts.testing.boards import agree
from gifts.testing.room_model import ModelRoom, is_tap
from gifts.testing.rooms import open_a_room, tick, told_frames

RULES = RoomRules(
    streak_window=timedelta(seconds=5),
    streak_length_max=timedelta(seconds=12),
    ends_every=timedelta(0),
    keyframe_every=timedelta(seconds=4),
    idle_max=timedelta(hours=1),
)
FRAME = RULES.frame_every

# At the edge of the window, and a little to both sides of it.
gaps = st.sampled_from([0, 100, 260, 3_000, 4_999, 5_000, 5_001])
taps = st.tuples(
    st.just("tap"),
    st.sampled_from(["ann", "ann", "ben", "cleo"]),
    st.sampled_from(["rose", "rose", "clover", "swan"]),
    st.integers(1, 3),
    st.sampled_from([None, None, None, None, "Bravo!"]),
    gaps,
)
settlements = st.tuples(st.just("settle"), st.integers(1, 6), st.booleans())
steps = st.lists(
    st.one_of(
        *(taps, taps, taps, settlements, settlements),
        st.tuples(st.just("again"), st.integers(0, 100)),
        st.tuples(st.just("take"), st.integers(0, 100), st.sampled_from([1, 2, 1_500])),
        st.tuples(st.just("give back"), st.integers(0, 100)),
        st.tuples(st.just("wait"), gaps),
    ),
    min_size=20,
    max_size=45,
)
closings = st.none() | st.integers(5, 45)
"""Before which step the room closes, if at all."""
goals = st.sampled_from([None, Goal(coins=8), Goal(item_id="clover", count=2)])


@dataclass
class Evening:
    """One room, what the model makes of it, and what is under way."""

    pool: Pool
    room: Room
    model: ModelRoom
    now: datetime = NOW
    closed: bool = False
    written: list[Gift] = field(default_factory=list[Gift])
    under_way: list[ChargePosted] = field(default_factory=list[ChargePosted])
    answered: list[ChargePosted] = field(default_factory=list[ChargePosted])
    reversals: list[PurchaseReversed] = field(default_factory=list[PurchaseReversed])

    async def do(self, step: Any) -> None:
        match step:
            case ("tap", sender, item, count, message, after_ms):
                self.now += timedelta(milliseconds=after_ms)
                await self.tap(sender, item, count, message)
            case ("settle", answers, dies) if self.under_way:
                await self.settle(answers, dies=dies)
            case ("again", place) if self.answered:
                repeated = self.answered[place % len(self.answered)]
                await settle(self.pool, repeated, rules=RULES, now=lambda: self.now)
            case ("take", place, coins) if self.written:
                await self.take(self.written[place % len(self.written)], coins)
            case ("give back", place) if self.reversals:
                await self.give_back(self.reversals.pop(place % len(self.reversals)))
            case ("wait", milliseconds):
                self.now += timedelta(milliseconds=milliseconds)
                await self.tick()
            case _:
                pass

    async def tap(self, sender: str, item: str, count: int, message: str | None) -> None:
        new = a_new_gift(
            an_order(
                sender_id=sender,
                creator_id=self.room.creator_id,
                item_id=item,
                count=count,
                quoted_price_coins=10_000,
                target_kind="room",
                target_id=str(self.room.room_id),
                message=message,
            )
        )
        [outcome] = await write(self.pool, new)
        assert isinstance(outcome, RoomNotOpenError) == self.closed
        if not self.closed:
            self.written.append(new.gift)
            self.under_way.append(posted(new.gift, posted_at=self.now))

    async def settle(self, answers: int, *, dies: bool) -> None:
        answered, self.under_way = self.under_way[:answers], self.under_way[answers:]
        # One of them twice, as after a crash of the wallet's relay.
        answered_twice = [*answered, answered[0]]
        if dies:
            batch = batch_of(*answered_twice)
            with pytest.raises(InterruptedError):
                await self._die(batch)
        seq = (await self.stored()).seq
        await settle(self.pool, *answered_twice, rules=RULES, now=lambda: self.now)
        self.answered += answered
        gifts = {gift.gift_id: gift for gift in self.written}
        for answer in answered:
            self.model.book(gifts[answer.charge_id], answer.posted_at, self.now)
        await self.committed(seq)

    async def _die(self, batch: Batch) -> None:
        async with transaction(self.pool) as conn:
            await ChargeAnswered(RULES, now=lambda: self.now).apply(conn, batch)
            await outbox.append(conn, batch.outgoing)
            raise InterruptedError

    async def take(self, gift: Gift, coins: int) -> None:
        coins = min(coins, self.model.left(gift))
        if coins:
            event = taken_back(asked_of(gift, coins))
            seq = (await self.stored()).seq
            await take_back(self.pool, event, rules=RULES, now=lambda: self.now)
            self.reversals.append(event)
            self.model.taken[gift.gift_id] += coins
            await self.committed(seq)

    async def give_back(self, event: PurchaseReversed) -> None:
        seq = (await self.stored()).seq
        await take_back(self.pool, given_back(event), rules=RULES, now=lambda: self.now)
        [leg] = event.legs
        assert leg.charge_id is not None
        self.model.taken[leg.charge_id] -= leg.coins
        await self.committed(seq)

    async def committed(self, seq: int) -> None:
        """Something was booked while the newest frame had a number."""
        if (await self.stored()).seq != seq:
            # Whatever is over ends with the frame that was made.
            self.model.tick(self.now)
        self.model.committed(self.now)

    async def tick(self) -> None:
        framed_at = (await self.stored()).framed_at
        await tick(self.pool, self.now, rules=RULES)
        # Streaks end where a frame can tell it.
        if self.now - framed_at >= FRAME:
            self.model.tick(self.now)

    async def close(self) -> None:
        await transact(
            self.pool,
            lambda conn: close_room(
                conn, self.room.room_id, self.room.creator_id, RULES, at=self.now
            ),
        )
        if not self.closed:
            self.closed = True
            self.model.close()
            self.model.committed(self.now)

    async def end(self) -> None:
        """Whatever is under way arrives, and the clock has time for all that is due."""
        while self.under_way:
            await self.settle(10, dies=False)
        for _ in range(3):
            self.now += RULES.streak_window + FRAME
            await self.tick()

    async def stored(self) -> Room:
        async with self.pool.acquire() as conn:
            room = await find_room(conn, self.room.room_id)
        assert room is not None
        return room


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=steps, closing=closings, goal=goals)
async def test_charged_is_shown_is_credited(
    service: Database, history: list[Any], closing: int | None, goal: Goal | None
) -> None:
    """After every step the room is as the model says; in the end so is what was shown.

    All examples share a database: each has a room and a host of its own.
    """
    pool = service.pool
    host = f"host-{ids.uuid7()}"
    await open_shop(pool, host)
    await agree(pool, "ann", "ben", "cleo")
    room = await open_a_room(pool, creator_id=host, goal=goal, rules=RULES)
    evening = Evening(pool, room, ModelRoom(RULES, goal))

    for number, step in enumerate(history):
        if number == closing:
            await evening.close()
        await evening.do(step)
        await assert_stands(evening)
    await evening.end()

    await assert_stands(evening)
    stored = await evening.stored()
    assert not stored.untold
    frames = await told_frames(pool, room.room_id)
    assert_in_order(frames)
    assert_told(frames, stored, evening.model)
    await assert_streaks(pool, room.room_id, frames, evening.model)
    assert stored.waiting == b""


async def assert_stands(evening: Evening) -> None:
    room, model = await evening.stored(), evening.model
    assert (room.coins, room.gifts, room.gifters) == model.totals()
    assert (room.goal_reached, room.goal_reached_at) == (model.reached(), model.reached_at)
    assert (room.status == "CLOSED") == evening.closed
    streaks = await evening.pool.fetch(
        "SELECT sender_id, item_id, pieces, ended_at IS NOT NULL FROM room_streak"
        " WHERE room_id = $1",
        room.room_id,
    )
    assert Counter(map(tuple, streaks)) == Counter(
        (*each.key, each.pieces, each.ended) for each in model.streaks
    )


def assert_in_order(frames: Sequence[RoomFrame]) -> None:
    """Numbers without a gap, at most four a second; keyframes say nothing new."""
    for before, after in pairwise(frames):
        if after.keyframe:
            assert after.seq == before.seq
            assert after.gifts == ()
            assert (after.totals, after.goal, after.top_gifters, after.status) == (
                before.totals,
                before.goal,
                before.top_gifters,
                before.status,
            )
            assert after.status == "OPEN"
        else:
            assert after.seq == before.seq + 1
    told = [frame for frame in frames if not frame.keyframe]
    assert told[0].seq == 1
    for before, after in pairwise(told):
        assert after.committed_at - before.committed_at >= FRAME
        assert len(after.gifts) <= LINES_MAX
        coins = [line.total_coins for line in after.gifts]
        assert coins == sorted(coins, reverse=True)


def assert_told(frames: Sequence[RoomFrame], room: Room, model: ModelRoom) -> None:
    """All lines together are all that was charged, and the last frame is how the room stands."""
    shown = Counter[str]()
    for frame in frames:
        for line in frame.gifts:
            shown["coins"] += line.total_coins
            shown["pieces"] += line.count
        shown["coins"] += frame.more_coins
        shown["pieces"] += frame.more_gifts
    assert shown["coins"] == sum(gift.price_coins for gift in model.booked)
    assert shown["pieces"] == sum(gift.count for gift in model.booked)
    messages = [line.gift_id for frame in frames for line in frame.gifts if line.message]
    assert sorted(messages) == sorted(gift.gift_id for gift in model.booked if gift.message)

    last = frames[-1]
    assert (last.seq, last.status) == (room.seq, room.status)
    assert (last.totals.coins, last.totals.gifts, last.totals.gifters) == model.totals()
    assert {each.user_id: each.coins for each in last.top_gifters} == model.gifters()
    assert [each.rank for each in last.top_gifters] == list(range(1, len(last.top_gifters) + 1))
    coins = [each.coins for each in last.top_gifters]
    assert coins == sorted(coins, reverse=True)
    if model.goal is not None:
        assert last.goal is not None
        assert last.goal.reached_coins + last.goal.reached_count == model.reached()
        assert last.goal.reached_at == model.reached_at


async def assert_streaks(
    pool: Pool, room_id: UUID, frames: Sequence[RoomFrame], model: ModelRoom
) -> None:
    """Of each streak: lines add up to its count, which is what was charged; one end, at the end."""
    lines: defaultdict[UUID, list[FrameGift]] = defaultdict(list)
    for frame in frames:
        for line in frame.gifts:
            if line.streak_id is not None:
                lines[line.streak_id].append(line)
    rows = await pool.fetch("SELECT * FROM room_streak WHERE room_id = $1", room_id)
    assert {row["streak_id"] for row in rows} == lines.keys()
    credited: Counter[tuple[str, str]] = Counter()
    for row in rows:
        of_streak = lines[row["streak_id"]]
        assert [line.streak_ended for line in of_streak] == [False] * (len(of_streak) - 1) + [True]
        assert sum(line.count for line in of_streak) == row["pieces"]
        counts = [line.streak_count for line in of_streak]
        assert counts == sorted(counts)
        assert counts[-1] == row["pieces"]
        assert (row["shown"], row["end_owed"]) == (True, False)
        credited[row["sender_id"], row["item_id"]] += row["pieces"]
    assert credited == model.tapped()
    assert all(each.ended for each in model.streaks)
    assert sum(map(is_tap, model.booked)) == 0 or rows
