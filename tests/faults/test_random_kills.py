"""kill -9 of any process at random, under load, for as long as one has patience (T5)."""

import asyncio
import random
import time

import pytest

from local_stack.programs import PROGRAMS, SERVERS
from support.flow import flowing
from support.world import World

LASTS_S = 60.0


@pytest.mark.stack
@pytest.mark.long
@pytest.mark.timeout(300)
async def test_no_gift_is_lost_or_doubled(world: World) -> None:
    """Processes die one after another, sometimes two at once; all come back by themselves."""
    stack, chance = world.stack, random.Random()
    killed: list[str] = []
    async with flowing(world, callers=16) as flow:
        until = time.monotonic() + LASTS_S
        while time.monotonic() < until:
            victims = chance.sample([*PROGRAMS, *SERVERS], k=chance.choice([1, 1, 2]))
            for process in victims:
                await asyncio.to_thread(stack.kill9, process)
            killed += victims
            await flow.moves(chance.randint(1, 200), within_s=60)
        await asyncio.to_thread(stack.wait_ready)
        await flow.moves(50, within_s=60)

    print(f"{len(flow.given)} gifts, {dict(flow.statuses())}; killed {killed}")
    assert flow.statuses().keys() <= {"SENT", "REFUSED"}
