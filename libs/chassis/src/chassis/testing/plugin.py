"""Pytest fixtures. The root conftest provides `servers`: real PostgreSQL and Kafka."""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Protocol

import pytest

from chassis import kafka
from chassis.kafka import Writer
from chassis.testing.databases import Database, migrated
from chassis.testing.publisher import Publisher
from contracts import catalogue


class Servers(Protocol):
    """Where the real servers for tests are."""

    @property
    def postgres_dsn(self) -> str:
        """A superuser's address."""
        ...

    @property
    def kafka_servers(self) -> str:
        """host:port pairs."""
        ...


type NewDatabase = Callable[[str], Awaitable[Database]]


@pytest.fixture
async def new_database(servers: Servers) -> AsyncGenerator[NewDatabase]:
    """`await new_database("wallet.migrations")`: a migrated database that the test has alone."""
    async with AsyncExitStack() as stack:

        async def make(migrations: str) -> Database:
            return await stack.enter_async_context(migrated(servers.postgres_dsn, migrations))

        yield make


@pytest.fixture
async def topic_prefix(servers: Servers) -> str:
    """A prefix that no other test has, under which every topic exists with three partitions."""
    prefix = f"t{secrets.token_hex(5)}."
    await kafka.ensure_topics(
        servers.kafka_servers, catalogue.topics(), prefix=prefix, partitions=3
    )
    return prefix


@pytest.fixture
async def publisher(servers: Servers, topic_prefix: str) -> AsyncGenerator[Publisher]:
    """Puts records on the test's own topics."""
    writer = Writer(servers.kafka_servers, client_id="test")
    yield Publisher(writer, topic_prefix)
    await writer.close()
