"""kill -9 of each process, one after another, while gifts flow (acceptance 3)."""

import asyncio

import pytest

from local_stack.programs import PROGRAMS, SERVERS
from support.flow import flowing
from support.world import World

pytestmark = pytest.mark.stack


async def test_every_acknowledged_gift_ends_once(world: World) -> None:
    """Each caller's gift ends SENT or REFUSED, and the sums on all sides agree."""
    stack = world.stack
    async with flowing(world) as flow:
        for process in (*PROGRAMS, *SERVERS):
            stack.kill9(process)
            await asyncio.to_thread(stack.wait_ready, process)
            # One gift may have been past the dead process already; several have not.
            await flow.moves(12, within_s=60)

    statuses = flow.statuses()
    assert statuses.keys() == {"SENT", "REFUSED"}
