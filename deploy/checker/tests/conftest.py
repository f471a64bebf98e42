"""The world is built once per worker. A test gets it to look at, or a copy to break."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import replace

import pytest
from checker_world import SERVICES, Copy, World, build, drop, execute

from chassis import kafka
from chassis.kafka import Outbound
from chassis.testing.databases import copying
from chassis.testing.plugin import Servers
from contracts import catalogue


@pytest.fixture(scope="session")
def world(servers: Servers) -> Generator[World]:
    """The clean world. Look, and leave it as it is."""
    name = secrets.token_hex(4)
    made = World(
        servers.postgres_dsn,
        {service: f"test_world_{name}_{service}" for service in SERVICES},
        servers.kafka_servers,
        f"w{name}.",
    )
    asyncio.run(build(made))
    yield made
    asyncio.run(drop(made))


@pytest.fixture
async def broken(world: World) -> AsyncGenerator[Copy]:
    """`await broken()`: a copy of the world, to be broken.

    With `records=…` it has topics of its own that hold these records instead.
    """
    copies: list[World] = []

    async def copy(*, records: Sequence[Outbound] | None = None) -> World:
        name = secrets.token_hex(4)
        made = replace(
            world, databases={service: f"test_broken_{name}_{service}" for service in SERVICES}
        )
        copies.append(made)
        await execute(
            world.server_dsn,
            *(copying(world.databases[service], made.databases[service]) for service in SERVICES),
        )
        if records is not None:
            made = replace(made, prefix=f"b{name}.")
            await kafka.ensure_topics(
                made.kafka_servers,
                catalogue.topics(),
                prefix=made.prefix,
                partitions=1,
            )
            await made.publish(records)
            await made.skip_to_the_ends()
        return made

    yield copy
    for made in copies:
        await drop(made)
