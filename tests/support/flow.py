"""Gifts that keep flowing while a test breaks something, and the account of them afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chassis.testing.eventually import eventually
from support.world import Answer, World

COINS_EACH = 20_000
"""Of each viewer who is not poor: more than any test spends."""


@dataclass(frozen=True, slots=True)
class Given:
    """A gift as it ended."""

    viewer: str
    creator: str
    gift: Answer

    @property
    def coins(self) -> int:
        """What it cost."""
        return self.gift["priceCoins"] if self.gift["status"] == "SENT" else 0


class Flow:
    """Callers who each send one gift after another, and try again when they get no answer."""

    def __init__(self, world: World, viewers: dict[str, int], creators: Sequence[str]) -> None:
        self._world = world
        self._coins = viewers
        self._creators = creators
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.given: list[Given] = []

    async def moves(self, gifts: int = 1, *, within_s: float = 30) -> None:
        """Wait until so many more gifts are settled.

        Raises:
            TimeoutError: They were not within the time: the flow has stopped.
            Exception: What a caller met that no patience helps against.
        """
        wanted = len(self.given) + gifts

        async def settled() -> int:
            if self._running is not None and self._running.done():
                self._running.result()
            return len(self.given)

        await eventually(settled, until=lambda count: count >= wanted, within_s=within_s)

    def begin(self, callers: int) -> None:
        """Let so many callers send until `end` is called."""
        self._running = asyncio.create_task(self._run(callers))

    async def _run(self, callers: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(callers):
                group.create_task(self._call(random.Random(number)))

    async def end(self) -> None:
        """Let every caller finish the gift in hand."""
        self._stop.set()
        if self._running is not None:
            await self._running

    def break_off(self) -> None:
        """End now, whatever is in hand."""
        if self._running is not None:
            self._running.cancel()

    async def _call(self, chance: random.Random) -> None:
        viewers = list(self._coins)
        while not self._stop.is_set():
            viewer, creator = chance.choice(viewers), chance.choice(self._creators)
            count = chance.randint(1, 5)
            gift = await self._world.give(viewer, creator, count=count)
            self.given.append(Given(viewer, creator, gift))

    async def verify(self) -> None:
        """Every gift counted once, on each side: viewer's coins, creator's coins and diamonds."""
        spent: Counter[str] = Counter()
        received: Counter[str] = Counter()
        for given in self.given:
            spent[given.viewer] += given.coins
            received[given.creator] += given.coins
        for viewer, coins in self._coins.items():
            assert await self._world.balance(viewer) == coins - spent[viewer], viewer

        for creator in self._creators:

            async def shown(creator: str = creator) -> Answer:
                return await self._world.ask("Creator", creator, id=creator)

            def complete(seen: Answer, coins: int = received[creator]) -> bool:
                lifetime = seen["earnings"]["lifetime"]["microDiamonds"]
                return seen["giftsReceived"]["totalCoins"] == coins and (lifetime > 0) == (
                    coins > 0
                )

            await eventually(shown, until=complete, within_s=30)

    def statuses(self) -> Counter[str]:
        """How many gifts ended how."""
        return Counter(given.gift["status"] for given in self.given)


@asynccontextmanager
async def flowing(
    world: World, *, callers: int = 4, poor: bool = True, creators: int = 3, viewers: int = 5
) -> AsyncGenerator[Flow]:
    """Gifts flow within the block; at its end they have stopped and were accounted for.

    So many creators, one of them a star; so many viewers, and if `poor` one who has too few coins
    for long: some of their gifts are refused.
    """
    given_to = [await world.creator(f"creator-{number}") for number in range(creators)]
    rich = await asyncio.gather(*(world.viewer("rich", coins=COINS_EACH) for _ in range(viewers)))
    everybody = (*rich, await world.viewer("poor")) if poor else rich
    coins = {viewer: await world.balance(viewer) for viewer in everybody}
    flow = Flow(world, coins, [given_to[0], *given_to])
    flow.begin(callers)
    try:
        await flow.moves(2 * callers)
        yield flow
    except BaseException:
        flow.break_off()
        raise
    await flow.end()
    await flow.verify()
