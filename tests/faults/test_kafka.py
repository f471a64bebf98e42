"""Kafka dies and comes back while gifts flow (T7)."""

import asyncio
import time

import pytest

from support.flow import flowing
from support.world import World

pytestmark = pytest.mark.stack

RECOVERY_S = 30.0


async def test_nothing_acknowledged_is_lost(world: World) -> None:
    """Gifts go on being accepted during the outage, and are settled soon after it."""
    stack = world.stack
    async with flowing(world) as flow:
        order = await world.order("nobody-yet")
        viewer, creator = await world.viewer(), await world.creator()
        order |= {"creatorId": creator}

        stack.kill9("kafka")
        accepted = await world.ask("SendGift", viewer, input=order)
        await asyncio.to_thread(stack.wait_ready, "kafka")
        began = time.monotonic()
        await flow.moves(24, within_s=RECOVERY_S)

    assert accepted["gift"]["status"] in {"PENDING", "SENT"}
    assert time.monotonic() - began < RECOVERY_S + 10
    assert (await world.ask("Gift", viewer, id=order["giftId"]))["status"] == "SENT"
