"""Pytest fixtures. The root conftest provides `servers`: real PostgreSQL and Kafka."""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Protocol

import pytest

from chassis.testing.databases import Database, migrated


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
def topic_prefix() -> str:
    """A prefix for topics and groups that no other test has."""
    return f"t{secrets.token_hex(5)}."
