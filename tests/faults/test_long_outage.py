"""PostgreSQL is away for a minute at full input (T14)."""

import asyncio
import time
from collections.abc import Mapping

import httpx
import psutil
import pytest

from chassis.testing.eventually import eventually
from support.flow import flowing
from support.world import World

AWAY_S = 60.0
CALLERS = 64
GROWTH_MAX_MB = 64.0
"""Of a process while nobody can write: callers wait, and nothing piles up for them."""

_PROCESSES = tuple(
    f"{service}-{kind}" for service in ("wallet", "gifts", "payouts") for kind in ("api", "worker")
)


@pytest.mark.stack
@pytest.mark.long
@pytest.mark.timeout(400)
async def test_postgres_away_for_a_minute(world: World) -> None:
    """Nothing is lost, memory stays bounded, readiness goes down and comes up again."""
    stack = world.stack
    async with flowing(world, callers=CALLERS) as flow:
        await flow.moves(1_000, within_s=60)
        before = resident_mb(world)
        settled = len(flow.given)
        began = time.monotonic()

        await asyncio.to_thread(stack.stop, "postgres")
        await eventually(lambda: all_ready(world), until=lambda ready: not ready, within_s=20)
        largest = before
        while time.monotonic() - began < AWAY_S:
            await asyncio.sleep(1)
            now = resident_mb(world)
            largest = {name: max(mb, largest[name]) for name, mb in now.items()}
            # Whoever's gift had been written may learn of it late; nobody's can be written.
            assert len(flow.given) <= settled + CALLERS
        await asyncio.to_thread(stack.start, "postgres")

        back = time.monotonic()
        await flow.moves(200, within_s=60)
        moving_s = time.monotonic() - back
        await eventually(lambda: all_ready(world), until=bool, within_s=30)

    grown = {name: largest[name] - before[name] for name in before}
    print(
        f"{len(flow.given)} gifts, {dict(flow.statuses())}; 200 gifts {moving_s:.1f} s after it was"
        f" back; grown by (MB) { {name: round(mb, 1) for name, mb in grown.items()} }"
    )
    assert flow.statuses().keys() <= {"SENT", "REFUSED"}
    assert all(mb < GROWTH_MAX_MB for mb in grown.values()), grown


def resident_mb(world: World) -> Mapping[str, float]:
    """Of each process of the services."""
    return {
        name: psutil.Process(world.stack.pid(name)).memory_info().rss / 1e6 for name in _PROCESSES
    }


async def all_ready(world: World) -> bool:
    """Whether all processes of the services say that they are ready; False where one does not."""
    async with httpx.AsyncClient(timeout=5) as client:
        for name in _PROCESSES:
            port = world.stack.addresses.ports[name]
            if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code != 200:
                return False
    return True
