"""Every worker, as deployed, takes every example ever published of what it reads (T15)."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import asyncpg
import pytest

from chassis import kafka, sql
from chassis.kafka import Outbound, Writer
from chassis.testing.databases import dsn_of
from chassis.testing.eventually import eventually
from contracts import catalogue
from contracts.event import EventType, decoder, find, key_of
from local_stack.servers import Servers
from local_stack.stack import Stack, private_stack
from support.source import REPOSITORY

pytestmark = pytest.mark.part_of_stack

_SQL = sql.load("support", "examples.sql")

READERS = {
    "gifts.charge.v1": "wallet",
    "wallet.charge.v1": "gifts",
    "gifts.gift.v1": "payouts",
}
"""Who reads each topic. Topics that are missing have no reader yet."""

REFUSED = {
    "gifts": {"no gift has this id"},
    # Payouts takes back what one example credits, as another wants it, and tells the wallet.
    "wallet": {
        "leg 0 of reversal 01939a1e-7c00-7000-8000-0000000000f1: no creator was asked for it"
    },
}
"""Why an example may be set aside: it was read, and tells of what this database does not hold."""


def examples() -> list[tuple[EventType, Path]]:
    found: list[tuple[EventType, Path]] = []
    for file in sorted((REPOSITORY / "libs/contracts/examples").glob("*/*.json")):
        kind = find(file.parent.name)
        assert kind is not None, file
        found.append((kind, file))
    return found


@pytest.fixture(scope="module")
def workers(servers: Servers) -> Generator[Stack]:
    """The three workers alone, each on a database without a gift in it."""
    with private_stack(servers=servers, prefix=f"examples_{secrets.token_hex(4)}_") as stack:
        stack.start(*(f"{service}-worker" for service in READERS.values()))
        yield stack


@pytest.fixture
async def writer(servers: Servers) -> AsyncGenerator[Writer]:
    writer = Writer(servers.kafka_servers, client_id="examples")
    yield writer
    await writer.close()


async def test_each_example_is_applied(workers: Stack, writer: Writer) -> None:
    prefix = workers.addresses.prefix
    records = [
        Outbound(
            prefix + kind.topic.name,
            key_of(decoder(kind.cls).decode(file.read_bytes())).encode(),
            file.read_bytes(),
            [("ce_type", kind.type.encode())],
        )
        for kind, file in examples()
        if kind.topic.name in READERS
    ]
    await writer.publish(records)

    reasons = {
        service: await set_aside(workers, service, topic) for topic, service in READERS.items()
    }

    assert {record.topic for record in records} == {prefix + topic for topic in READERS}
    assert {
        name: found for name, found in reasons.items() if found - REFUSED.get(name, set())
    } == {}


async def test_bytes_on_any_topic_harm_nobody(workers: Stack, writer: Writer) -> None:
    """Where somebody reads they are set aside; nobody minds them elsewhere."""
    prefix = workers.addresses.prefix
    starts = {name: workers.starts(name) for name in workers.running()}

    await writer.publish(
        Outbound(prefix + topic.name, b"k", os.urandom(300), []) for topic in catalogue.topics()
    )

    for topic, service in READERS.items():
        assert "no ce_type that can be read: None" in await set_aside(workers, service, topic)
    await asyncio.to_thread(workers.wait_ready)
    assert {name: workers.starts(name) for name in workers.running()} == starts


async def set_aside(workers: Stack, service: str, topic: str) -> set[str]:
    """Why records were set aside, once the service has read the whole topic."""
    addresses = workers.addresses
    ends = await kafka.ends(addresses.kafka_servers, [addresses.prefix + topic])
    conn = await asyncpg.connect(dsn_of(addresses.postgres_dsn, addresses.prefix + service))
    try:

        async def consumed() -> int:
            return await conn.fetchval(_SQL["sum_consumed"], topic)

        await eventually(consumed, until=lambda total: total >= sum(ends.values()), within_s=30)
        return {row["reason"] for row in await conn.fetch(_SQL["select_reasons"])}
    finally:
        await conn.close()
