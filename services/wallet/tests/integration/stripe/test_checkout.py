"""Checkout against Stripe's own mock, which refuses what Stripe's published API does not know."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from typing import Any

import httpx
import pytest

from chassis.db import Pool
from chassis.ids import uuid7
from local_stack.operations import documents
from support import stripe_mock
from wallet.domain.purchase import ProviderUnavailableError
from wallet.providers import Provider
from wallet.providers.stripe import Stripe
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_purchase
from wallet.testing.charging import SettableClock
from wallet.testing.stripe import a_session_event, signature

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

pytestmark = [
    pytest.mark.timeout(stripe_mock.BUILD_AND_TEST_S),
    # The library hands its form to httpx under a name that httpx would rather not see.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]

SECRET = "whsec_of_the_tests"


@pytest.fixture(scope="module")
def api_url() -> Generator[str]:
    """Of a stripe-mock."""
    with stripe_mock.running() as url:
        yield url


def a_stripe(api_url: str, **changes: Any) -> Stripe:
    settings: dict[str, Any] = {
        "api_key": "sk_test_1",
        "webhook_secrets": [SECRET],
        "success_url": "https://app.example/paid",
        "cancel_url": "https://app.example/coins",
        "api_url": api_url,
    }
    return Stripe(**settings | changes)


@pytest.fixture
async def stripe(api_url: str) -> AsyncGenerator[Stripe]:
    provider = a_stripe(api_url)
    yield provider
    await provider.close()


@pytest.fixture
def providers(stripe: Stripe) -> Mapping[str, Provider]:
    return {stripe.name: stripe}


async def test_session_is_opened(stripe: Stripe) -> None:
    """Every field that we send is one that Stripe knows, of the type that it has there."""
    checkout = await stripe.open_checkout(a_purchase())

    assert checkout.checkout_url.startswith("https://checkout.stripe.com/")


@pytest.mark.parametrize(
    ("currency", "amount_minor"), [("JPY", 700), ("ISK", 5), ("KWD", 5_120), ("MGA", 4_000_00)]
)
async def test_session_in_any_currency(stripe: Stripe, currency: str, amount_minor: int) -> None:
    """Zero- and three-decimal ones too (E45)."""
    purchase = a_purchase(currency=currency, amount_minor=amount_minor)

    checkout = await stripe.open_checkout(purchase)

    assert checkout.checkout_url.startswith("https://checkout.stripe.com/")


async def test_key_that_stripe_does_not_know_opens_nothing(api_url: str) -> None:
    """What is refused is no page. The mock knows every key that begins like one of Stripe's."""
    provider = a_stripe(api_url, api_key="no key of Stripe's")

    with pytest.raises(ProviderUnavailableError):
        await provider.open_checkout(a_purchase())

    await provider.close()


async def test_coins_are_bought(
    shop: Pool, ask: Ask, client: httpx.AsyncClient, clock: SettableClock
) -> None:
    """From the order over Stripe's page to the coins, and once more the same order."""
    purchase_id = uuid7()
    order = {"purchaseId": str(purchase_id), "bundleId": "us-700", "provider": "stripe"}

    ordered = await ask(documents()["PurchaseCoins"], {"input": order})

    opened = ordered["data"]["purchaseCoins"]["purchase"]
    assert opened["status"] == "PENDING"
    assert opened["checkoutUrl"].startswith("https://checkout.stripe.com/")

    payment_id = await shop.fetchval("SELECT payment_id FROM purchase")
    body = a_session_event(a_purchase(purchase_id=purchase_id, payment_id=payment_id))
    header = signature(body, SECRET, int(clock().timestamp()))
    told = await client.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": header})

    assert (told.status_code, told.json()) == (200, {"code": "applied"})
    again = await ask(documents()["PurchaseCoins"], {"input": order})
    assert again["data"]["purchaseCoins"]["replayed"] is True
    assert again["data"]["purchaseCoins"]["purchase"]["status"] == "CREDITED"
    await assert_books_balance(shop)
