"""A sandbox inside the test's process."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from payment_sandbox.app import make_app
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.settings import Settings
from payment_sandbox.store import Store

API_KEY = "key-1"
SECRET = "whsec-1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "http_port": 4200,
            "api_key": API_KEY,
            "webhook_secret": SECRET,
            "webhook_url": "http://merchant/webhooks/sandbox",
            "data_file": tmp_path / "sandbox.sqlite",
        }
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with closing(Store(settings.data_file)) as opened:
        yield opened


@pytest.fixture
async def deliveries(store: Store, settings: Settings) -> AsyncIterator[Deliveries]:
    """Deliveries that nobody runs: events stay queued. A file of tests may run its own."""
    async with httpx.AsyncClient() as client:
        yield Deliveries(store, client, url=str(settings.webhook_url), secret=SECRET)


@pytest.fixture
async def api(
    store: Store, deliveries: Deliveries, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """The sandbox as its merchant sees it."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(store, deliveries, settings)),
        base_url="http://sandbox",
        headers={"Authorization": f"Bearer {API_KEY}"},
    ) as client:
        yield client


@pytest.fixture
async def payer(
    store: Store, deliveries: Deliveries, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """The sandbox as a browser sees it: without a key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(store, deliveries, settings)),
        base_url="http://127.0.0.1:4200",
        headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
    ) as client:
        yield client
