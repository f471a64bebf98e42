"""Partitions do not wait for the session of a dead worker to time out."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.kafka import Assignment, Reader, TopicPartition
from chassis.testing.plugin import Servers
from contracts.gifts.v1 import CHARGE

MEMBER = """
import asyncio, sys
from chassis.kafka import Assignment, Reader

async def main(servers, group, topic, instance):
    async def assigned(partitions):
        print(len(partitions), flush=True)

    async def revoked(partitions):
        pass

    reader = Reader(servers, group=group, client_id="member", instance=instance)
    print("up", flush=True)
    await reader.start([topic], Assignment(assigned, revoked))
    while True:
        await reader.fetch(timeout_ms=200, records_max=100)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def member(servers: Servers, prefix: str) -> AsyncGenerator[asyncio.StreamReader]:
    """What a member of the group says, each time it is given partitions; killed in the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MEMBER, servers.kafka_servers, f"{prefix}group"),
        *(prefix + CHARGE.name, "worker-1"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        # How long Python takes to start is not the group's matter.
        assert await process.stdout.readline() == b"up\n"
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def test_successor_of_a_killed_member_gets_its_partitions_at_once(
    servers: Servers, topic_prefix: str
) -> None:
    """Within less than the 7 s that a killed member's session lasts at least."""
    async with member(servers, topic_prefix) as said:
        first = int(await said.readline())

    async with member(servers, topic_prefix) as said, asyncio.timeout(5):
        second = int(await said.readline())

    assert first == second > 0


async def test_a_member_without_partitions_has_nothing_to_report(
    servers: Servers, topic_prefix: str
) -> None:
    """A worker more than there are partitions waits its turn; aiokafka refuses an empty commit."""

    async def unheard(partitions: set[TopicPartition]) -> None:
        del partitions

    reader = Reader(servers.kafka_servers, group=f"{topic_prefix}idle", client_id="idle")
    await reader.start([topic_prefix + CHARGE.name], Assignment(unheard, unheard))
    try:
        await reader.commit({})
    finally:
        await reader.stop()
