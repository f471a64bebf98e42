"""A broker whose pod is replaced: calls that were on their way to the old one are never answered.

Kubernetes binds a connection to a pod with its first packet, and sends what is repeated of it there
for however long that pod has been gone; and a node that dies says no farewell.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from chassis import kafka
from chassis.ids import uuid7
from chassis.kafka import Assignment, KafkaError, Outbound, Reader, Writer
from chassis.testing.eventually import eventually
from contracts.gifts.live import LIVE
from local_stack.ports import HOST
from support.moving import Front

pytestmark = [pytest.mark.part_of_stack, pytest.mark.timeout(240)]

AWAY_S = 4.0
"""Long enough for every client to have called the old address."""


@asynccontextmanager
async def publishing(servers: str, topic: str) -> AsyncGenerator[list[bytes]]:
    """The keys that were acknowledged, as a relay publishes: what failed is published again."""
    published: list[bytes] = []
    writer = Writer(servers, client_id="relay")

    async def publish() -> None:
        while True:
            key = str(uuid7()).encode()
            try:
                await writer.publish([Outbound(topic, key, b"{}", [])])
            except (KafkaError, TimeoutError):
                await asyncio.sleep(0.1)
                continue
            published.append(key)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(publish())
    try:
        yield published
    finally:
        task.cancel()
        await writer.close()


@asynccontextmanager
async def reading(servers: str, topic: str, group: str) -> AsyncGenerator[list[bytes | None]]:
    """The keys that a worker was given."""
    found: list[bytes | None] = []
    reader = Reader(servers, group=group, client_id="worker", instance="worker-0")

    async def nothing(_: object) -> None:
        return None

    async def read() -> None:
        while True:
            fetched = await reader.fetch(timeout_ms=200, records_max=100)
            found.extend(record.key for records in fetched.values() for record in records)

    await reader.start([topic], Assignment(nothing, nothing))
    task = asyncio.create_task(read())
    try:
        yield found
    finally:
        task.cancel()
        await reader.stop()


async def grows(keys: Sequence[bytes | None], *, within_s: float) -> None:
    """Wait until there are ten more."""
    count = len(keys)

    async def grown() -> bool:
        return len(keys) >= count + 10

    await eventually(grown, within_s=within_s)


@pytest.mark.parametrize(
    ("silently", "found_s"), [pytest.param(False, 20, id="pod"), pytest.param(True, 30, id="node")]
)
async def test_a_broker_that_moved_is_found(
    silently: bool, found_s: float, moving_kafka: SimpleNamespace, front: Front
) -> None:
    """Soon after it is back, by those who write and those who read; aiokafka alone takes 37 s."""
    prefix = f"t{uuid7().hex}."
    topic, servers = prefix + LIVE.name, f"{HOST}:{moving_kafka.advertised}"
    await kafka.ensure_topics(servers, [LIVE], prefix=prefix, partitions=3)
    async with (
        reading(servers, topic, f"{prefix}group") as found,
        publishing(servers, topic) as published,
    ):
        await grows(found, within_s=60)

        front.leave(silently=silently)
        await asyncio.sleep(AWAY_S)
        front.come_back()

        await asyncio.gather(grows(published, within_s=found_s), grows(found, within_s=found_s))
