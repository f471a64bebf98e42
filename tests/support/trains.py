"""Trains of live rooms, as a screen is told of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from local_stack.screen import Screen
from support.world import Answer, World

STARTERS = 5
"""People who start one together, each with `SPARK_COINS`: see `train_rules`."""
SPARK_COINS = 10
FIRST_LEVEL_COINS = 500


@asynccontextmanager
async def on_screen(world: World, room_id: str) -> AsyncGenerator[Screen]:
    """Frames of a room, from before its train on; one that is not the next fails the test."""
    screen = Screen(world.client, room_id)
    await screen.switch_on()
    try:
        yield screen
    finally:
        await screen.switch_off()


async def give_together(
    world: World, viewers: Sequence[str], host: str, room_id: str, *, coins: int
) -> list[Answer]:
    """All at once, each in the item of one coin; the gifts, settled."""
    target = {"roomId": room_id}
    return await asyncio.gather(
        *(world.give(viewer, host, count=coins, target=target) for viewer in viewers)
    )


def assert_told_once(screen: Screen, *, coins: int) -> None:
    """One train, whose begin is told first, whose end last, each once; with so many coins."""
    trains = [frame["train"] for frame in screen.frames if frame["train"] is not None]
    assert len({train["trainId"] for train in trains}) == 1
    assert [train["began"] for train in trains] == [True, *[False] * (len(trains) - 1)]
    assert [train["ended"] for train in trains] == [*[False] * (len(trains) - 1), True]
    assert trains[-1]["progress"] == coins
    assert trains[-1]["level"] == 2
    assert screen.newest["totals"]["coins"] == coins
