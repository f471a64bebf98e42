"""kill -9 of whoever books points, in the middle of a battle and of a train (C19, C20, I10).

Both in one evening: a battle takes its time, and the books are looked at once.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from chassis.db import Pool, open_pool
from chassis.testing.eventually import eventually
from gifts.domain.battle import replay
from gifts.testing.battles import stored_battle, stored_log
from support import trains
from support.watching import a_room
from support.world import PATIENCE_S, Answer, World, patiently

pytestmark = [pytest.mark.stack, pytest.mark.long]

_DECIDED_WITHIN_S = 3 * PATIENCE_S
"""After the start, whatever died meanwhile; the stack's battles are of 20 s."""


async def test_a_battle_ends_as_its_log_says_whoever_dies(world: World) -> None:
    """Points and winner are those of the gifts by when they were charged; no gift is left out.

    A train that runs in one of the rooms begins once and ends once, with the coins of all gifts.
    """
    async with (
        a_room(world) as (left, left_room),
        a_room(world) as (right, right_room),
        trains.on_screen(world, left_room) as screen,
    ):
        rooms = (left_room, right_room)
        people = await asyncio.gather(
            *(world.viewer(coins=1_000) for _ in range(2 + trains.STARTERS))
        )
        viewers, starters = people[:2], people[2:]
        battle_id = str(uuid4())
        wanted = {"battleId": battle_id, "roomId": left_room, "rivalRoomId": right_room}
        await world.ask("ProposeBattle", left, input=wanted)
        accepted = {"battleId": battle_id, "roomId": right_room}
        answer = await world.ask("AcceptBattle", right, input=accepted)
        assert answer["battle"]["status"] == "RUNNING", answer

        for host, room_id, kind in (
            *((left, left_room, kind) for kind in ("GLOVE", "GLOVE", "MIST")),
            *((right, right_room, kind) for kind in ("GLOVE", "TIME_MAKER")),
        ):
            use = {"powerUpId": str(uuid4()), "battleId": battle_id, "roomId": room_id}
            used = await world.ask("UsePowerUp", host, input=use | {"kind": kind})
            assert used["__typename"] == "UsePowerUpPayload", used

        given = await trains.give_together(
            world, starters, left, left_room, coins=trains.SPARK_COINS
        )
        begun = len(given)
        async with asyncio.TaskGroup() as group:
            for viewer, host, room_id in zip(viewers, (left, right), rooms, strict=True):
                group.create_task(
                    _give_until_the_end(world, battle_id, viewer, host, room_id, given)
                )
            await _more(given, begun + 4)
            world.stack.kill9("gifts-worker")
            each = trains.FIRST_LEVEL_COINS // trains.STARTERS
            given += await trains.give_together(world, starters, left, left_room, coins=each)
            await asyncio.to_thread(world.stack.wait_ready, "gifts-worker")

        battle = await _decided(world, battle_id)
        addresses = world.stack.addresses
        dsn = addresses.database_dsn(world.stack.home, "gifts")
        pool = await open_pool(dsn, connections_max=1, application="test")
        try:
            expected = [await _points(pool, room_id, battle) for room_id in rooms]
            await _check_replay(pool, UUID(battle_id))
            coins = await pool.fetchval(
                "SELECT sum(price_coins) FROM gift WHERE target_id = $1 AND status = 'SENT'",
                left_room,
            )
        finally:
            await pool.close()
        await world.ask("CloseRoom", left, input={"roomId": left_room})
        await screen.shows(lambda newest: newest["status"] == "CLOSED", "the room is over")

    assert {gift["status"] for gift in given} == {"SENT"}
    trains.assert_told_once(screen, coins=coins)
    points = [side["points"] for side in battle["sides"]]
    later = [side["laterPoints"] for side in battle["sides"]]
    # What a very slow machine books after the result is in later points, and nowhere else.
    assert [sum(each) for each in zip(points, later, strict=True)] == expected
    assert sum(points) > 0
    winner = None if points[0] == points[1] else rooms[points[0] < points[1]]
    assert battle["winnerRoomId"] == winner


async def _give_until_the_end(
    world: World, battle_id: str, viewer: str, host: str, room_id: str, given: list[Answer]
) -> None:
    """And one more, which does not count."""
    ends_at = None
    while ends_at is None or datetime.now(ends_at.tzinfo) < ends_at:
        count = 1 + len(given) % 3
        given.append(await world.give(viewer, host, count=count, target={"roomId": room_id}))
        battle = await patiently(lambda: world.ask("Battle", id=battle_id))
        ends_at = datetime.fromisoformat(battle["endsAt"])
    given.append(await world.give(viewer, host, target={"roomId": room_id}))


async def _more(given: Sequence[Answer], wanted: int) -> None:
    async def count() -> int:
        return len(given)

    await eventually(count, until=lambda now: now >= wanted, within_s=PATIENCE_S)


async def _decided(world: World, battle_id: str) -> Answer:
    async def look() -> Answer:
        return await patiently(lambda: world.ask("Battle", id=battle_id))

    return await eventually(
        look,
        until=lambda battle: battle["status"] == "ENDED",
        within_s=_DECIDED_WITHIN_S,
        every_s=0.2,
    )


async def _points(pool: Pool, room_id: str, battle: Answer) -> int:
    """What a room's gifts come to, by when they were charged; no log of the battle is read."""
    rows = await pool.fetch(
        "SELECT price_coins, settled_at FROM gift WHERE target_id = $1 AND status = 'SENT'", room_id
    )
    gloves = [
        (datetime.fromisoformat(each["fromAt"]), datetime.fromisoformat(each["untilAt"]))
        for each in battle["powerUps"]
        if each["kind"] == "GLOVE" and each["roomId"] == room_id
    ]
    began, ends = (datetime.fromisoformat(battle[each]) for each in ("startedAt", "endsAt"))
    assert any(row["settled_at"] >= ends for row in rows)
    return sum(
        row["price_coins"] * (5 if any(f <= row["settled_at"] < u for f, u in gloves) else 1)
        for row in rows
        if began <= row["settled_at"] < ends
    )


async def _check_replay(pool: Pool, battle_id: UUID) -> None:
    """The log and the seed give what is stored."""
    battle = await stored_battle(pool, battle_id)
    assert battle.seed is not None
    again = replay(battle, await stored_log(pool, battle), battle.seed)
    again.due_at = battle.due_at
    assert msgspec.to_builtins(again) == msgspec.to_builtins(battle)
