"""Frames of live rooms: when they are made, and that nothing is told twice or never."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from chassis import clock
from chassis.db import transaction
from chassis.testing.databases import Database
from contracts.gifts.live import RoomFrame
from gifts.commands.send_gifts import NewGift
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.domain.room import Goal
from gifts.domain.room_line import LINES_MAX
from gifts.domain.room_rules import RoomRules
from gifts.testing import (
    NOW,
    a_new_gift,
    an_order,
    asked_of,
    batch_of,
    open_shop,
    posted,
    settle,
    take_back,
    taken_back,
    write,
)
from gifts.testing.boards import agree
from gifts.testing.rooms import close_a_room, open_a_room, tick, told_frames

RULES = RoomRules()
AGE_MAX = RULES.age_max


def ms(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)


async def gifts_to(
    service: Database, room_id: UUID, *senders: str, creator_id: str = "star"
) -> list[NewGift]:
    """A rose of each, written and not charged."""
    gifts = [
        a_new_gift(
            an_order(
                sender_id=sender,
                creator_id=creator_id,
                count=1,
                quoted_price_coins=1,
                target_kind="room",
                target_id=str(room_id),
            )
        )
        for sender in senders
    ]
    await write(service.pool, *gifts)
    return gifts


async def give(
    service: Database, room_id: UUID, *senders: str, at: datetime, creator_id: str = "star"
) -> list[NewGift]:
    gifts = await gifts_to(service, room_id, *senders, creator_id=creator_id)
    await settle(service.pool, *(posted(new.gift, posted_at=at) for new in gifts), now=lambda: at)
    return gifts


def seqs(frames: Sequence[RoomFrame]) -> list[int]:
    return [frame.seq for frame in frames if not frame.keyframe]


async def test_a_gift_is_told_at_once_and_the_next_ones_together(service: Database) -> None:
    """No delay where nothing was told lately; four frames a second at most where much happens."""
    await agree(service.pool, "ann", "ben")
    room = await open_a_room(service.pool)
    at = NOW + ms(1_000)

    await give(service, room.room_id, "ann", at=at)
    await give(service, room.room_id, "ann", "ben", at=at + ms(100))
    await give(service, room.room_id, "ann", at=at + ms(200))
    waiting = await told_frames(service.pool)
    await tick(service.pool, at + ms(249))
    still_waiting = await told_frames(service.pool)
    await tick(service.pool, at + ms(250))
    frames = await told_frames(service.pool)

    assert seqs(waiting) == seqs(still_waiting) == [1, 2]
    assert seqs(frames) == [1, 2, 3]
    lines = [(line.sender_id, line.count, line.streak_count) for line in frames[-1].gifts]
    assert lines == [("ann", 2, 3), ("ben", 1, 1)]
    assert frames[-1].committed_at == at + ms(250)


async def test_a_hot_room_needs_no_clock(service: Database) -> None:
    """Whatever is settled when a frame is due makes it, with all that waited."""
    room = await open_a_room(service.pool)

    for step in range(1, 11):
        await give(service, room.room_id, "ann", at=NOW + ms(100 * step))

    frames = await told_frames(service.pool)
    assert [frame.committed_at - NOW for frame in frames] == [ms(0), ms(300), ms(600), ms(900)]
    assert [frame.totals.coins for frame in frames] == [0, 3, 6, 9]


async def test_a_frame_from_the_future_silences_nobody(service: Database) -> None:
    """A process whose clock is ahead made it."""
    room = await open_a_room(service.pool, at=NOW + timedelta(hours=1))

    await give(service, room.room_id, "ann", at=NOW)

    assert seqs(await told_frames(service.pool)) == [1, 2]


async def test_calm_rooms_are_told_again_until_they_close(service: Database) -> None:
    """Under the same number, and nothing that was not told before."""
    room = await open_a_room(service.pool, goal=Goal(coins=1))
    await give(service, room.room_id, "ann", at=NOW + ms(1_000))
    await tick(service.pool, NOW + ms(6_100))
    last = (await told_frames(service.pool))[-1]

    await tick(service.pool, NOW + ms(6_100 + 14_999))
    before = len(await told_frames(service.pool))
    for step in (15_000, 20_000, 30_000):
        await tick(service.pool, NOW + ms(6_100 + step))
    keyframes = (await told_frames(service.pool))[before:]
    await close_a_room(service.pool, room.room_id, at=NOW + ms(60_000))
    await tick(service.pool, NOW + ms(120_000))

    assert before == last.seq == 3
    assert [frame.keyframe for frame in keyframes] == [True, True]
    assert {frame.seq for frame in keyframes} == {3}
    assert {frame.totals for frame in keyframes} == {last.totals}
    assert {frame.goal for frame in keyframes} == {last.goal}
    assert all(frame.gifts == () and frame.top_gifters == last.top_gifters for frame in keyframes)
    [closed] = (await told_frames(service.pool))[before + 2 :]
    assert (closed.seq, closed.status) == (4, "CLOSED")


async def test_a_closed_room_is_told_of_what_comes_late(service: Database) -> None:
    """A gift that was under way counts; what is taken back afterwards is told as well."""
    await agree(service.pool, "ben")
    room = await open_a_room(service.pool, goal=Goal(coins=2))
    [early] = await give(service, room.room_id, "ann", at=NOW + ms(1_000))
    [late] = await gifts_to(service, room.room_id, "ben")
    await close_a_room(service.pool, room.room_id, at=NOW + ms(2_000))

    at = NOW + ms(3_000)
    await settle(service.pool, posted(late.gift, posted_at=at), now=lambda: at)
    after_gift = (await told_frames(service.pool))[-1]
    at = NOW + ms(4_000)
    await take_back(service.pool, taken_back(asked_of(early.gift)), now=lambda: at)
    after_reversal = (await told_frames(service.pool))[-1]

    assert (after_gift.status, after_gift.totals.coins) == ("CLOSED", 2)
    assert [line.streak_ended for line in after_gift.gifts] == [True]
    assert (after_reversal.status, after_reversal.totals.coins) == ("CLOSED", 1)
    assert [each.user_id for each in after_reversal.top_gifters] == ["ben"]
    # The goal was seen to be reached.
    assert after_reversal.goal is not None
    assert after_gift.goal is not None
    assert after_reversal.goal == after_gift.goal
    assert after_reversal.goal.reached_at is not None


async def test_a_room_left_behind_closes_itself(service: Database) -> None:
    """After ten minutes without a gift or a sign of life; with its streaks, and a frame."""
    room = await open_a_room(service.pool)
    last = NOW + timedelta(minutes=9)
    await give(service, room.room_id, "ann", at=last)

    await tick(service.pool, NOW + timedelta(minutes=12))
    went_on = (await told_frames(service.pool))[-1].status
    await tick(service.pool, last + RULES.idle_max)
    await tick(service.pool, last + RULES.idle_max + ms(250))

    assert went_on == "OPEN"
    assert (await told_frames(service.pool))[-1].status == "CLOSED"
    closed_at = await service.pool.fetchval("SELECT closed_at FROM room")
    assert closed_at == last + RULES.idle_max


async def test_a_room_does_not_go_on_for_ever(service: Database) -> None:
    room = await open_a_room(service.pool)
    await give(service, room.room_id, "ann", at=NOW + AGE_MAX - ms(1))

    await tick(service.pool, NOW + AGE_MAX)

    assert (await told_frames(service.pool))[-1].status == "OPEN"
    await tick(service.pool, NOW + AGE_MAX + ms(250))
    assert (await told_frames(service.pool))[-1].status == "CLOSED"


async def test_a_frame_is_made_with_what_it_tells_or_not_at_all(service: Database) -> None:
    """A batch that dies leaves no number behind: the next one takes it."""
    room = await open_a_room(service.pool)
    [new] = await gifts_to(service, room.room_id, "ann")
    at = NOW + ms(1_000)

    async def die() -> None:
        async with transaction(service.pool) as conn:
            await ChargeAnswered(now=lambda: at).apply(conn, batch_of(posted(new.gift)))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await die()
    assert seqs(await told_frames(service.pool)) == [1]
    await settle(service.pool, posted(new.gift), now=lambda: at)

    assert seqs(await told_frames(service.pool)) == [1, 2]


async def test_in_a_flood_every_streak_that_was_seen_ends_once(service: Database) -> None:
    """E62: sixty viewers tap once each, ten times a second: at most 20 lines, all in the totals."""
    room = await open_a_room(service.pool)
    rules = RULES._replace(streak_window=ms(300))
    at = NOW
    for step in range(40):
        at = NOW + ms(100 * step)
        gifts = await gifts_to(service, room.room_id, *(f"user-{step * 20 + n}" for n in range(30)))
        answers = [posted(new.gift, posted_at=at) for new in gifts]
        await settle(service.pool, *answers, rules=rules, now=lambda at=at: at)
        await tick(service.pool, at + ms(50), rules=rules)
    await close_a_room(service.pool, room.room_id, at=at + ms(60), rules=rules)
    for step in range(100):
        await tick(service.pool, at + ms(300 * step), rules=rules)

    frames = await told_frames(service.pool)
    assert seqs(frames) == list(range(1, len(frames) + 1))
    assert all(len(frame.gifts) <= LINES_MAX for frame in frames)
    shown = sum(line.total_coins for frame in frames for line in frame.gifts)
    assert shown + sum(frame.more_coins for frame in frames) == 40 * 30
    assert sum(frame.more_coins for frame in frames) > 0
    seen = {line.streak_id for frame in frames for line in frame.gifts}
    ends = Counter(line.streak_id for frame in frames for line in frame.gifts if line.streak_ended)
    assert ends == Counter(seen)
    stored = await service.pool.fetchrow(
        "SELECT (SELECT untold FROM room), (SELECT due_at FROM room),"
        " (SELECT count(*) FROM room_streak WHERE end_owed OR ended_at IS NULL),"
        " (SELECT count(*) FROM room WHERE waiting <> '')"
    )
    assert stored is not None
    assert tuple(stored) == (False, None, 0, 0)


async def test_rooms_go_on_side_by_side(service: Database) -> None:
    """Settling, taking back, two clocks and a close at once: no deadlock, no gap, nothing lost."""
    await open_shop(service.pool, "moon", "sun")
    hosts = ("star", "moon", "sun")
    rules = RULES._replace(streak_window=ms(40), frame_every=ms(10), ends_every=ms(20))
    rooms = {
        host: await open_a_room(service.pool, creator_id=host, at=clock.now(), rules=rules)
        for host in hosts
    }
    gifts = {
        host: await gifts_to(
            service,
            room.room_id,
            *(f"user-{n % 7}" for n in range(120)),
            creator_id=host,
        )
        for host, room in rooms.items()
    }
    done = asyncio.Event()

    async def settle_all() -> None:
        """Of all rooms in one batch, as one partition may hold several creators."""
        for start in range(0, 120, 6):
            await settle(
                service.pool,
                *(
                    posted(new.gift, posted_at=clock.now())
                    for host in hosts
                    for new in gifts[host][start : start + 6]
                ),
                rules=rules,
            )
        done.set()

    async def take_some() -> None:
        for n in range(0, 120, 5):
            legs = [asked_of(gifts[host][n].gift, position=i) for i, host in enumerate(hosts)]
            await take_back(service.pool, taken_back(*reversed(legs)), rules=rules)

    async def tick_on() -> None:
        while not done.is_set():
            await tick(service.pool, clock.now(), rules=rules)
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as tasks:
        for work in (settle_all, take_some, tick_on, tick_on):
            tasks.create_task(work())
    await close_a_room(service.pool, rooms["sun"].room_id, "sun", at=clock.now(), rules=rules)
    for step in range(1, 4):
        await tick(service.pool, clock.now() + ms(200 * step), rules=rules)

    for host, room in rooms.items():
        frames = await told_frames(service.pool, room.room_id)
        told = [frame for frame in frames if not frame.keyframe]
        assert all(after.seq == before.seq + 1 for before, after in pairwise(told))
        assert (told[-1].totals.coins, told[-1].totals.gifts) == (120 - 24, 120 - 24)
        assert told[-1].status == ("CLOSED" if host == "sun" else "OPEN")
        lines = [line for frame in told for line in frame.gifts]
        assert sum(line.count for line in lines) == 120
        ends = Counter(line.streak_id for line in lines if line.streak_ended)
        assert ends == Counter({line.streak_id for line in lines})
