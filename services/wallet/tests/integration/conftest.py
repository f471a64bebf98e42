"""A migrated wallet database per test, and around it, where asked for, the process that sells."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis.auth import KeySet, TokenVerifier, Viewer
from chassis.db import Pool
from chassis.graphql import Executor, Operation
from chassis.testing.databases import Database
from chassis.testing.plugin import NewDatabase
from payment_sandbox.app import make_app as make_sandbox_app
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.settings import Settings as SandboxSettings
from payment_sandbox.signing import HEADER, sign
from payment_sandbox.store import Store
from wallet.api import make_app
from wallet.graphql.context import WalletContext
from wallet.graphql.schema import SCHEMA
from wallet.providers import Provider
from wallet.providers.sandbox import Sandbox
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import Line, open_shop
from wallet.testing.charging import SettableClock
from wallet.testing.replay import replay

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]
type Deliver = Callable[..., Coroutine[None, None, httpx.Response]]
type Contents = Callable[[], Awaitable[dict[str, list[str]]]]

EXECUTOR = Executor(SCHEMA)
SECRET = "whsec-of-the-tests"


@pytest.fixture
async def database(new_database: NewDatabase) -> Database:
    """The test's own database."""
    return await new_database("wallet.migrations")


@pytest.fixture
def pool(database: Database) -> Pool:
    """Sessions of the test's own database."""
    return database.pool


@pytest.fixture
async def shop(pool: Pool) -> Pool:
    """The same with the first price book published."""
    await open_shop(pool)
    return pool


@pytest.fixture
async def closed_books(shop: Pool) -> AsyncGenerator[None]:
    """Whatever a test has done, in the end the books balance and the history replays."""
    yield
    await assert_books_balance(shop)
    assert await replay(shop) == []


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def sandbox_settings(tmp_path: Path) -> SandboxSettings:
    return SandboxSettings.model_validate(
        {
            "api_key": "key",
            "webhook_url": "http://wallet/webhooks/sandbox",
            "webhook_secret": SECRET,
            "data_file": tmp_path / "sandbox.sqlite",
        }
    )


def _nowhere(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("deliveries do not run by themselves here", request=request)


@pytest.fixture
async def provider_app(sandbox_settings: SandboxSettings) -> AsyncGenerator[FastAPI]:
    """The real provider, whose deliveries do not run by themselves."""
    store = Store(sandbox_settings.data_file)
    async with httpx.AsyncClient(transport=httpx.MockTransport(_nowhere)) as nowhere:
        deliveries = Deliveries(store, nowhere, url="http://wallet", secret=SECRET)
        yield make_sandbox_app(store, deliveries, sandbox_settings)
    store.close()


@pytest.fixture
def line(provider_app: FastAPI) -> Line:
    """The wallet's way to the provider."""
    return Line(httpx.ASGITransport(provider_app))


@pytest.fixture
async def providers(line: Line) -> AsyncGenerator[Mapping[str, Provider]]:
    sandbox = Sandbox(
        url="http://provider", api_key="key", webhook_secrets=[SECRET], transport=line
    )
    yield {sandbox.name: sandbox}
    await sandbox.close()


@pytest.fixture
def app(pool: Pool, providers: Mapping[str, Provider], clock: SettableClock) -> FastAPI:
    """The api's application, as a process serves it."""
    verifier = TokenVerifier(KeySet("file:///nowhere.json"), issuer="test", audience="largesse")
    return make_app(pool, verifier, providers, now=clock)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://wallet"
    ) as client:
        yield client


@pytest.fixture
def deliver(client: httpx.AsyncClient, clock: SettableClock) -> Deliver:
    """`await deliver(body)`: signed now; `age_s`, `signature` and `secret` say otherwise."""

    async def post(
        body: bytes,
        *,
        age_s: float = 0,
        secret: str = SECRET,
        signature: str | None = None,
        signed: bytes | None = None,
        provider: str = "sandbox",
    ) -> httpx.Response:
        at = int(clock().timestamp() - age_s)
        header = sign(secret, body if signed is None else signed, at)
        return await client.post(
            f"/webhooks/{provider}",
            content=body,
            headers={HEADER: header if signature is None else signature},
        )

    return post


@pytest.fixture
def ask(shop: Pool, providers: Mapping[str, Provider], clock: SettableClock) -> Ask:
    """`await ask(document, {"id": 1}, sub="ann", scope="viewer")`: the response's body."""

    async def run(
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        sub: str | None = "ann",
        scope: str = "viewer",
        region: str | None = "US",
        age_verified: bool = True,
        account_kind: str | None = None,
        supervised: bool = False,
        wards: Iterable[str] = (),
    ) -> dict[str, Any]:
        viewer = None
        if sub is not None:
            viewer = Viewer(
                sub,
                frozenset(scope.split()),
                region=region,
                age_verified=age_verified,
                account_kind=account_kind,
                supervised=supervised,
                wards=frozenset(wards),
            )
        context = WalletContext.of(viewer, "test", pool=shop, providers=providers, now=clock)
        return await EXECUTOR.run(Operation(document, variables), context)

    return run


@pytest.fixture
def contents(pool: Pool) -> Contents:
    """Every row of every table. Equal before and after: nothing has changed."""

    async def read() -> dict[str, list[str]]:
        tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found: dict[str, list[str]] = {}
        for (table,) in tables:
            rows = await pool.fetch(f'SELECT t::text FROM "{table}" AS t ORDER BY 1')  # noqa: S608
            found[table] = [row[0] for row in rows]
        return found

    return read
