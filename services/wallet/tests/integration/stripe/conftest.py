"""A wallet that sells through Stripe, and Stripe's side of its webhooks."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping

import httpx
import pytest

from chassis.db import Pool, transaction
from wallet.commands.purchase_coins import attach_checkout
from wallet.domain.purchase import Checkout, Purchase
from wallet.providers import Provider
from wallet.providers.stripe import Stripe
from wallet.store.purchases import insert_purchase
from wallet.testing.buying import a_purchase
from wallet.testing.charging import SettableClock
from wallet.testing.stripe import signature

type Tell = Callable[..., Coroutine[None, None, tuple[int, str]]]
type Order = Callable[..., Coroutine[None, None, Purchase]]

SECRET = "whsec_of_the_tests"
OLD_SECRET = "whsec_before"
PAGE = "https://checkout.stripe.com/c/pay/cs_1"


@pytest.fixture
async def providers() -> AsyncGenerator[Mapping[str, Provider]]:
    provider = Stripe(
        api_key="sk_test_1",
        webhook_secrets=[SECRET, OLD_SECRET],
        success_url="https://app.example/paid",
        cancel_url="https://app.example/coins",
    )
    yield {provider.name: provider}
    await provider.close()


@pytest.fixture
def tell(client: httpx.AsyncClient, clock: SettableClock) -> Tell:
    """`await tell(body)`: what the wallet answers to a delivery of Stripe's, signed now."""

    async def post(
        body: bytes,
        *,
        age_s: int = 0,
        secret: str = SECRET,
        signed: bytes | None = None,
    ) -> tuple[int, str]:
        at_s = int(clock().timestamp()) - age_s
        header = signature(body if signed is None else signed, secret, at_s)
        response = await client.post(
            "/webhooks/stripe", content=body, headers={"Stripe-Signature": header}
        )
        return response.status_code, response.json()["code"]

    return post


@pytest.fixture
def order(shop: Pool) -> Order:
    """`await order()`: a purchase at Stripe's page, where no payment is begun yet."""

    async def run(**changes: object) -> Purchase:
        purchase = a_purchase(provider="stripe", refund_window_days=120, **changes)
        async with transaction(shop) as conn:
            await insert_purchase(conn, purchase)
            return await attach_checkout(conn, purchase, Checkout(None, PAGE))

    return run


@pytest.fixture
async def purchase(order: Order) -> Purchase:
    """Ann has ordered 700 coins, with 10 on top, and not paid yet."""
    return await order()
