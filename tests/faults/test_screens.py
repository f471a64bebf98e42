"""kill -9 of whatever is between a gift and five hundred screens, while gifts flow (I8, E61)."""

import asyncio
import random

import pytest

from chassis.testing.eventually import eventually
from support.screens import screens
from support.watching import open_room
from support.world import PATIENCE_S, Answer, World

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(300)]

SCREENS = 500
KILLED = ("gifts-worker", "live-hub", "gateway", "kafka")
"""In turn: who makes frames, who tells them, the one endpoint, and what is between them."""


async def test_every_screen_ends_with_the_ledgers_totals(world: World) -> None:
    """No frame is missed or shown twice, whoever dies; each streak ends once on each screen."""
    host = await world.creator()
    viewers = [await world.viewer(coins=1_000) for _ in range(3)]
    room_id = await open_room(world, host)
    target = {"roomId": room_id}
    given: list[Answer] = []
    stop = asyncio.Event()

    async def tap(viewer: str, chance: random.Random) -> None:
        while not stop.is_set():
            given.append(await world.give(viewer, host, count=chance.randint(1, 3), target=target))

    async def more(wanted: int) -> None:
        async def count() -> int:
            return len(given)

        await eventually(count, until=lambda now: now >= wanted, within_s=PATIENCE_S)

    async with screens(world, room_id, SCREENS) as shown:
        tapping = [
            asyncio.create_task(tap(viewer, random.Random(number)))
            for number, viewer in enumerate(viewers)
        ]
        for process in KILLED:
            await more(len(given) + 6)
            world.stack.kill9(process)
            await asyncio.to_thread(world.stack.wait_ready, process)
        await more(len(given) + 6)
        stop.set()
        await asyncio.gather(*tapping)
        answer = await world.ask("CloseRoom", host, input={"roomId": room_id})

    coins = sum(gift["priceCoins"] for gift in given)
    expected = {"coins": coins, "gifts": len(given), "gifters": len(viewers)}
    assert {gift["status"] for gift in given} == {"SENT"}
    assert answer["room"]["summary"] == expected
    item = await world.cheapest()
    for screen in shown:
        assert screen.totals == expected
        if screen.first == 1:
            assert screen.pieces == coins // item.price_coins
        assert len(set(screen.ended)) == len(screen.ended)
    # Who is told first is told all, and everybody was cut off at least once.
    assert any(screen.first == 1 for screen in shown)
    assert all(screen.returns > 1 for screen in shown)
