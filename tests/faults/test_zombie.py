"""A worker that was frozen while another took over changes nothing when it wakes (T9)."""

import os
import signal
from contextlib import AsyncExitStack

import pytest

from support.crash_points import CrashPoints
from support.flow import flowing
from support.logs import Logs
from support.workers import second_worker
from support.world import World

pytestmark = pytest.mark.stack

FROZEN = {
    "payouts-worker": "after_apply",
    "gifts-worker": "before_apply",
    "wallet-worker": "after_decode",
}
"""Each with a batch in hand: in its transaction with everything written, in it with the fence
moved, and before it. Downstream first: behind a frozen wallet nothing would arrive."""


async def test_the_fence_rejects_who_was_replaced(world: World, crash_points: CrashPoints) -> None:
    """The second owner applies the batch; the first, awake again, finds that it may not."""
    stack, logs = world.stack, Logs(world.stack)
    async with flowing(world, callers=4) as flow:
        frozen = {process: stack.pid(process) for process in FROZEN}
        try:
            for process, step in FROZEN.items():
                crash_points.arm(process, step, "SIGSTOP")
                await crash_points.reached([process])
            async with AsyncExitStack() as others:
                for process in FROZEN:
                    service = process.removesuffix("-worker")
                    await others.enter_async_context(second_worker(stack, service))
                # The rows that the frozen hold are free when their sessions are ended.
                await flow.moves(16, within_s=60)
                for pid in frozen.values():
                    os.kill(pid, signal.SIGCONT)
                await flow.moves(16, within_s=60)
                for process in FROZEN:
                    await logs.said('"fenced"', '"batch_retried"', by=process)
        finally:
            crash_points.disarm()
            for pid in frozen.values():
                os.kill(pid, signal.SIGCONT)
        await flow.moves(16, within_s=60)
