"""Live rooms without frames: everything counts as ever, and is told once there are some again."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.operators import Act
from chassis.testing.databases import Database
from gifts.domain.room import Goal
from gifts.domain.room_rules import RoomRules
from gifts.testing import NOW, a_new_gift, an_order, posted, settle, write
from gifts.testing.moderation import remove
from gifts.testing.rooms import close_a_room, open_a_room, tick, told_frames

ON = RoomRules()
OFF = ON._replace(live_frames=False)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


async def give(
    service: Database,
    room_id: UUID,
    sender_id: str,
    *,
    at: datetime,
    rules: RoomRules,
    message: str | None = None,
) -> UUID:
    """A rose, charged; its id."""
    new = a_new_gift(
        an_order(
            sender_id=sender_id,
            count=1,
            quoted_price_coins=1,
            target_kind="room",
            target_id=str(room_id),
            message=message,
        )
    )
    await write(service.pool, new)
    await settle(service.pool, posted(new.gift, posted_at=at), rules=rules, now=lambda: at)
    return new.gift.gift_id


async def test_nothing_is_told_and_everything_counts(service: Database) -> None:
    """Totals, the goal, and streaks, which end by the clock as ever; and nothing waits."""
    room = await open_a_room(service.pool, goal=Goal(coins=2), rules=OFF)

    for step in range(3):
        await give(service, room.room_id, "ann", at=NOW + seconds(1 + step), rules=OFF)
    await tick(service.pool, NOW + seconds(9), rules=OFF)

    assert [frame.seq for frame in await told_frames(service.pool)] == [1]
    stored = await service.pool.fetchrow(
        "SELECT coins, gifts, gifters, goal_reached_at, waiting, owes_ends FROM room"
    )
    assert stored is not None
    assert tuple(stored) == (3, 3, 1, NOW + seconds(2), b"", False)
    [streak] = await service.pool.fetch("SELECT pieces, ended_at IS NOT NULL FROM room_streak")
    assert tuple(streak) == (3, True)


async def test_the_clock_rests_between(service: Database) -> None:
    """A room that has something to tell and may not is not looked at all the time."""
    room = await open_a_room(service.pool, rules=OFF)
    await give(service, room.room_id, "ann", at=NOW + seconds(1), rules=OFF)
    await tick(service.pool, NOW + seconds(40), rules=OFF)

    due_at = await service.pool.fetchval("SELECT due_at FROM room")

    assert due_at == NOW + seconds(40) + OFF.keyframe_every


async def test_once_there_are_frames_again_one_says_how_the_room_stands(service: Database) -> None:
    """Nobody need give anything for that, and what was not shown is not made up for."""
    room = await open_a_room(service.pool, rules=OFF)
    await give(service, room.room_id, "ann", at=NOW + seconds(1), rules=OFF)
    await tick(service.pool, NOW + seconds(20), rules=OFF)

    await tick(service.pool, NOW + seconds(20) + ON.keyframe_every, rules=ON)

    frame = (await told_frames(service.pool))[-1]
    assert (frame.seq, frame.totals.coins, frame.gifts) == (2, 1, ())
    await give(service, room.room_id, "ann", at=NOW + seconds(60), rules=ON)
    frame = (await told_frames(service.pool))[-1]
    assert (frame.seq, frame.totals.coins, len(frame.gifts)) == (3, 2, 1)


async def test_how_a_room_stood_in_the_end_is_told_all_the_same(service: Database) -> None:
    room = await open_a_room(service.pool, rules=OFF)
    await give(service, room.room_id, "ann", at=NOW + seconds(1), rules=OFF)

    await close_a_room(service.pool, room.room_id, at=NOW + seconds(2), rules=OFF)

    frame = (await told_frames(service.pool))[-1]
    assert (frame.seq, frame.status, frame.totals.coins) == (2, "CLOSED", 1)


async def test_a_message_that_is_taken_down_meanwhile_does_not_stay_on_screens(
    service: Database,
) -> None:
    room = await open_a_room(service.pool)
    gift_id = await give(
        service, room.room_id, "ann", at=NOW + seconds(1), rules=ON, message="hello"
    )
    await remove(service.pool, gift_id, rules=OFF, act=Act("otto", "abuse", NOW + seconds(2)))
    told_while_off = len(await told_frames(service.pool))

    await tick(service.pool, NOW + seconds(30), rules=ON)

    frames = await told_frames(service.pool)
    assert told_while_off == 2
    assert [gift_id] in [list(frame.removed_messages) for frame in frames[2:]]
