"""The provider's page is used by its own forms."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from local_stack.payment_page import Form, forms, use_page
from local_stack.problem import LocalProblemError
from payment_sandbox.app import make_app
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.settings import Settings
from payment_sandbox.store import Store

TERMS = {
    "reference": "a purchase",
    "amount_minor": 889,
    "currency": "USD",
    "description": "700 coins",
}


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The real provider, whose deliveries do not run."""
    settings = Settings.model_validate(
        {
            "api_key": "key",
            "webhook_url": "http://wallet/webhooks/sandbox",
            "webhook_secret": "secret",
            "data_file": tmp_path / "sandbox.sqlite",
        }
    )
    store = Store(settings.data_file)
    async with httpx.AsyncClient() as nowhere:
        deliveries = Deliveries(store, nowhere, url="http://wallet", secret="secret")
        app = make_app(store, deliveries, settings)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://provider"
        ) as http:
            yield http
    store.close()


async def a_checkout(provider: httpx.AsyncClient) -> str:
    headers = {"authorization": "Bearer key", "idempotency-key": "one"}
    answer = await provider.post("/v1/checkouts", json=TERMS, headers=headers)
    assert answer.status_code < 300, answer.text
    return f"http://provider/checkout/{answer.json()['payment_id']}"


async def test_paying_on_the_page(provider: httpx.AsyncClient) -> None:
    """The page that a payer ends on says that it is paid, and has no button any more."""
    url = await a_checkout(provider)

    page = await use_page(provider, url, "Pay")

    assert "Paid. The shop is being told." in page
    assert forms(page) == []
    with pytest.raises(LocalProblemError, match="has no button 'Pay'"):
        await use_page(provider, url, "Pay")


async def test_declining_on_the_page(provider: httpx.AsyncClient) -> None:
    page = await use_page(provider, await a_checkout(provider), "Decline")

    assert "Declined. Nothing was taken." in page


def test_forms_are_read_as_a_browser_does() -> None:
    page = (
        '<form method="post" action="/a/pay"><p>sure?</p><button class="x"> Pay </button></form>'
        "<button>alone</button><form action='b'><button>Look</button></form>"
    )

    assert forms(page) == [
        Form("Pay", "POST", "/a/pay"),
        Form("Look", "GET", "b"),
    ]
