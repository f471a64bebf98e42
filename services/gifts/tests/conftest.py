"""A gifts database of the test's own, with the first catalogue and one creator who takes gifts."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chassis.auth import Viewer
from chassis.db import BY_INDEX, Conn, open_pool
from chassis.graphql import Executor, Operation
from chassis.testing.databases import Database, migrated
from chassis.testing.plugin import NewDatabase, Servers
from gifts.edge.resources import Resources
from gifts.graphql.context import GiftsContext
from gifts.graphql.schema import SCHEMA
from gifts.settings import Settings
from gifts.testing import open_shop

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

EXECUTOR = Executor(SCHEMA)


@pytest.fixture(scope="session")
def schema_dsn(servers: Servers) -> Iterator[str]:
    """A migrated database that tests share because they leave nothing in it: see `conn`."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        database = runner.run(
            stack.enter_async_context(migrated(servers.postgres_dsn, Settings.migrations()))
        )
        runner.run(open_shop(database.pool, "star"))
        yield database.dsn
        runner.run(stack.aclose())


@pytest.fixture
async def conn(schema_dsn: str) -> AsyncGenerator[Conn]:
    """A session in a transaction that is rolled back, planning as the service's sessions do."""
    pool = await open_pool(schema_dsn, connections_max=1, application="test", settings=BY_INDEX)
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        yield conn
        await transaction.rollback()
    pool.terminate()


@pytest.fixture
async def service(new_database: NewDatabase) -> Database:
    database = await new_database(Settings.migrations())
    await open_shop(database.pool, "star")
    return database


@pytest.fixture
async def api(service: Database) -> AsyncGenerator[Resources]:
    """What an api process keeps, with its listener running."""
    resources = Resources.of(service.pool, service.dsn)
    listening = asyncio.create_task(resources.settlements.run())
    yield resources
    listening.cancel()
    await asyncio.wait({listening})


@pytest.fixture
def ask(api: Resources) -> Ask:
    """`await ask(document, {"id": 1}, sub="alice", scope="viewer")`: the response's body."""

    async def run(
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        sub: str | None = "alice",
        scope: str = "viewer",
        age_verified: bool = True,
        account_kind: str | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        viewer = None
        if sub is not None:
            viewer = Viewer(
                sub,
                frozenset(scope.split()),
                age_verified=age_verified,
                account_kind=account_kind,
                name=name,
            )
        context = GiftsContext.of(api, viewer, "test")
        return await EXECUTOR.run(Operation(document, variables), context)

    return run
