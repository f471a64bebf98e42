"""A worker that was frozen while another took over changes nothing when it wakes (T9)."""

import asyncio
import os
import signal
from collections.abc import Iterable
from contextlib import AsyncExitStack

import pytest

from support.crash_points import CrashPoints
from support.logs import Logs
from support.workers import second_worker
from support.world import Answer, World

pytestmark = [pytest.mark.stack, pytest.mark.long]

FROZEN = {
    "payouts-worker": "after_apply",
    "gifts-worker": "before_apply",
    "wallet-worker": "after_decode",
}
"""Each with a batch in hand: in its transaction with everything written, in it with the fence
moved, and before it."""


async def test_the_fence_rejects_who_was_replaced(world: World, crash_points: CrashPoints) -> None:
    """The second owner applies the batch; the first, awake again, finds that it may not."""
    stack, logs = world.stack, Logs(world.stack)
    viewer, creator = await world.viewer(coins=100), await world.creator()
    balance = await world.balance(viewer)
    given: list[asyncio.Task[Answer]] = []

    frozen = {process: stack.pid(process) for process in FROZEN}
    try:
        async with AsyncExitStack() as others:
            for process, step in FROZEN.items():
                crash_points.arm(process, step, "SIGSTOP")
                given.append(asyncio.create_task(world.give(viewer, creator)))
                await crash_points.reached([process])
                # At once: the next one's batch needs what this one would have published.
                service = process.removesuffix("-worker")
                await others.enter_async_context(second_worker(stack, service))
            gifts = await asyncio.gather(*given)
            awaken(frozen.values())
            for process in FROZEN:
                await logs.said('"fenced"', '"batch_retried"', by=process)
            gifts.append(await world.give(viewer, creator))
    finally:
        crash_points.disarm()
        awaken(frozen.values())
    gifts.append(await world.give(viewer, creator))

    assert [gift["status"] for gift in gifts] == ["SENT"] * 5
    assert await world.balance(viewer) == balance - sum(gift["priceCoins"] for gift in gifts)


def awaken(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
