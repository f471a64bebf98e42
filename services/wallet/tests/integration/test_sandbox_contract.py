"""The wallet and the real payment sandbox, in one process: what each says the other understands."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis import clock
from chassis.db import Pool
from chassis.testing.eventually import eventually
from local_stack.operations import documents
from payment_sandbox.app import make_app as make_sandbox_app
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.settings import Settings as SandboxSettings
from payment_sandbox.store import Store
from wallet.api import make_app
from wallet.graphql.context import WalletContext
from wallet.providers.sandbox import Sandbox
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_purchase, stored_events

type Ask = Any

KEY = {"Authorization": "Bearer key"}


class Market:
    """A wallet, a provider and a payer who reach each other."""

    def __init__(self, provider: httpx.AsyncClient, sandbox: Sandbox, store: Store) -> None:
        self.provider = provider
        self.sandbox = sandbox
        self.store = store

    async def press(self, checkout_url: str, button: str) -> httpx.Response:
        return await self.provider.post(
            f"{checkout_url}/{button}", headers={"Accept": "application/json"}
        )

    async def attempts(self, payment_id: str) -> list[str]:
        """How the wallet has answered to what it was told of a payment."""
        events = (
            await self.provider.get("/v1/events", params={"payment_id": payment_id}, headers=KEY)
        ).json()["events"]
        return [attempt["outcome"] for event in events for attempt in event["attempts"]]


@pytest.fixture
async def market(
    shop: Pool, app: FastAPI, sandbox_settings: SandboxSettings
) -> AsyncGenerator[Market]:
    """The provider delivers by itself; its clock and the wallet's are the real one."""
    async with trading(shop, sandbox_settings) as found:
        yield found


@asynccontextmanager
async def trading(shop: Pool, settings: SandboxSettings) -> AsyncGenerator[Market]:
    store = Store(settings.data_file)
    from chassis.auth import KeySet, TokenVerifier

    verifier = TokenVerifier(KeySet("file:///nowhere.json"), issuer="test", audience="largesse")
    secret = settings.webhook_secret.get_secret_value()
    receiver = Sandbox(url="http://provider", api_key="key", webhook_secrets=[secret])
    wallet = make_app(shop, verifier, {"sandbox": receiver}, now=clock.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(wallet)) as to_wallet:
        deliveries = Deliveries(store, to_wallet, url=str(settings.webhook_url), secret=secret)
        transport = httpx.ASGITransport(make_sandbox_app(store, deliveries, settings))
        sandbox = Sandbox(
            url="http://provider", api_key="key", webhook_secrets=[secret], transport=transport
        )
        stop = asyncio.Event()
        running = asyncio.create_task(deliveries.run(stop))
        async with httpx.AsyncClient(transport=transport, base_url="http://provider") as provider:
            yield Market(provider, sandbox, store)
        stop.set()
        await running
    await sandbox.close()
    await receiver.close()
    store.close()
