"""What goes on in a live room while versions change: streaks, undos, screens, looks at money."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from support.regretting import undo
from support.reversing import gift_becomes
from support.screens import Screen, screens
from support.watching import open_room
from support.world import Answer, World, patiently

SCREENS = 20
COINS_EACH = 20_000
"""Of each viewer: more than any test spends."""

_PAUSE_S = 0.2
"""Between two taps of a viewer: they belong to one streak."""


@dataclass
class Evening:
    """A live room and what was given to it."""

    room_id: str
    coins: dict[str, int]
    """Of each viewer, before."""
    kept: list[tuple[str, Answer]] = field(default_factory=list)
    """Gifts that nobody undid, each with its viewer."""
    undone: list[tuple[str, Answer]] = field(default_factory=list)
    summary: Answer = field(default_factory=dict)
    """Of the room, when it was closed."""
    shown: list[Screen] = field(default_factory=list)

    async def verify(self, world: World) -> None:
        """Viewers have paid for what they did not undo, and the room and its screens count that."""
        spent = dict.fromkeys(self.coins, 0)
        for viewer, gift in self.kept:
            assert gift["status"] == "SENT"
            spent[viewer] += gift["priceCoins"]
        for viewer, coins in self.coins.items():
            assert await world.balance(viewer) == coins - spent[viewer], viewer
        assert self.kept
        assert self.undone
        assert self.summary == {
            "coins": sum(spent.values()),
            "gifts": len(self.kept),
            "gifters": sum(1 for coins in spent.values() if coins),
        }
        for screen in self.shown:
            assert screen.totals == self.summary
            assert len(set(screen.ended)) == len(screen.ended)


@asynccontextmanager
async def an_evening(world: World) -> AsyncGenerator[Evening]:
    """Within the block viewers give to a room, one of them undoes it each time, all watch.

    At its end every undone gift has been taken back, and the room is closed.
    """
    host = await world.creator()
    viewers = [await world.viewer(coins=COINS_EACH) for _ in range(3)]
    coins = {viewer: await world.balance(viewer) for viewer in viewers}
    evening = Evening(await open_room(world, host), coins)
    stop = asyncio.Event()

    async def tap(viewer: str) -> None:
        while not stop.is_set():
            target = {"roomId": evening.room_id}
            gift = await world.give(viewer, host, count=2, target=target)
            if viewer == viewers[0]:
                await undo(world, viewer, gift["id"])
                evening.undone.append((viewer, gift))
            else:
                evening.kept.append((viewer, gift))
            await asyncio.sleep(_PAUSE_S)

    async def look(viewer: str) -> None:
        """So that all services are asked all the while."""
        while not stop.is_set():
            await patiently(lambda: world.balance(viewer))
            await patiently(lambda: world.lifetime(host))
            await asyncio.sleep(_PAUSE_S)

    async with screens(world, evening.room_id, SCREENS) as evening.shown:
        async with asyncio.TaskGroup() as group:
            for viewer in viewers:
                group.create_task(tap(viewer))
                group.create_task(look(viewer))
            yield evening
            stop.set()
        for viewer, gift in evening.undone:
            await gift_becomes(world, viewer, gift["id"], "REVERSED")
        closed = await patiently(
            lambda: world.ask("CloseRoom", host, input={"roomId": evening.room_id})
        )
        evening.summary = closed["room"]["summary"]
