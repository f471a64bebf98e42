"""PostgreSQL fails in every way that is seen in the wild, while gifts flow (T6).

Whoever asks meanwhile gets a clear error or a pending gift, never a wrong answer; and the services
recover by themselves.
"""

import asyncio
import os
import signal

import pytest

from chassis.testing.eventually import eventually
from local_stack.client import GatewayError
from support.flow import flowing
from support.logs import Logs
from support.sabotage import full_disk, locked, terminate_sessions
from support.world import World

pytestmark = pytest.mark.stack


def writer_of(service: str) -> str:
    """The process that writes the service's table."""
    return "gifts-api" if service == "gifts" else f"{service}-worker"


WRITES = [("wallet", "movement"), ("gifts", "gift"), ("payouts", "accrual")]
"""A table of each service that every gift is written to."""


async def test_immediate_restart(world: World) -> None:
    """As `pg_ctl restart -m immediate`: sessions are cut, and the server recovers from its log."""
    stack = world.stack
    async with flowing(world) as flow:
        for _ in range(2):
            starts = stack.starts("postgres")
            os.kill(stack.pid("postgres"), signal.SIGQUIT)
            await started_again(world, "postgres", starts)
            await flow.moves(12, within_s=30)


async def test_terminated_sessions(world: World) -> None:
    """An administrator ends every session, again and again."""
    async with flowing(world) as flow:
        ended = 0
        for _ in range(10):
            ended += await terminate_sessions(world.stack)
            await flow.moves(8, within_s=30)
    assert ended >= 10


@pytest.mark.parametrize(("service", "table"), WRITES)
async def test_lock_timeout(world: World, service: str, table: str) -> None:
    """Somebody holds a lock for longer than sessions wait for it."""
    logs = Logs(world.stack)
    viewer, creator = await world.viewer(coins=20), await world.creator()
    async with flowing(world) as flow:
        async with locked(world.stack, service, table, waits="200ms"):
            await answers_are_honest(world, viewer, creator)
            await logs.said("LockNotAvailable", by=writer_of(service))
        await flow.moves(12, within_s=30)


@pytest.mark.parametrize(("service", "table"), WRITES)
async def test_full_disk(world: World, service: str, table: str) -> None:
    """The disk of one table is full, and then it is not."""
    logs = Logs(world.stack)
    viewer, creator = await world.viewer(coins=20), await world.creator()
    async with flowing(world) as flow:
        async with full_disk(world.stack, service, table):
            await answers_are_honest(world, viewer, creator)
            await logs.said("DiskFull", by=writer_of(service))
        await flow.moves(12, within_s=30)


async def answers_are_honest(world: World, viewer: str, creator: str) -> None:
    """A gift is an error with a stable code, or pending, or was really sent."""
    order = await world.order(creator)
    try:
        answer = await world.ask("SendGift", viewer, input=order)
    except GatewayError as error:
        if error.code not in {"SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"}:
            raise
        return
    assert answer["__typename"] == "SendGiftPayload"
    if answer["gift"]["status"] == "SENT":
        assert (await world.ask("Gift", viewer, id=order["giftId"]))["status"] == "SENT"
    else:
        assert answer["gift"]["status"] == "PENDING"


async def started_again(world: World, process: str, starts: int) -> None:
    """Wait until a process that was started so often has been started once more, and serves."""

    async def more() -> bool:
        return world.stack.starts(process) > starts

    await eventually(more, within_s=30)
    await asyncio.to_thread(world.stack.wait_ready, process)
