"""The wallet and the real payment sandbox, in one process: what each says the other understands."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis.auth import KeySet, TokenVerifier, Viewer
from chassis.db import Pool
from chassis.graphql import Executor, Operation
from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from local_stack.operations import documents
from payment_sandbox.app import make_app as make_sandbox_app
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.settings import Settings as SandboxSettings
from payment_sandbox.store import Store
from wallet.api import make_app
from wallet.domain.purchase import ProviderUnavailableError
from wallet.graphql.context import WalletContext
from wallet.graphql.schema import SCHEMA
from wallet.providers.sandbox import Sandbox
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_purchase, stored_events

EXECUTOR = Executor(SCHEMA)
ANN = Viewer("ann", frozenset({"viewer"}), region="US", age_verified=True)
KEY = {"Authorization": "Bearer key"}
PAYER = {"Accept": "application/json"}


class Market:
    """A wallet and a provider who reach each other, by the clock on the wall; ann buys."""

    def __init__(self, pool: Pool, sandbox: Sandbox, provider: httpx.AsyncClient) -> None:
        self._pool = pool
        self.sandbox = sandbox
        self.provider = provider

    async def ask(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        context = WalletContext.of(
            ANN, "test", pool=self._pool, providers={"sandbox": self.sandbox}
        )
        body = await EXECUTOR.run(Operation(documents()[operation], variables), context)
        assert "errors" not in body, body
        return body["data"]  # pyright: ignore[reportReturnType]

    async def order(self) -> tuple[str, str]:
        """The purchase's id and its payment's."""
        given = {"purchaseId": str(uuid7()), "bundleId": "us-700", "provider": "sandbox"}
        answer = (await self.ask("PurchaseCoins", {"input": given}))["purchaseCoins"]
        return given["purchaseId"], answer["purchase"]["checkoutUrl"].rpartition("/")[2]

    async def press(self, payment_id: str, button: str) -> None:
        response = await self.provider.post(f"/checkout/{payment_id}/{button}", headers=PAYER)
        assert response.is_success

    async def status(self, purchase_id: str) -> str:
        return (await self.ask("Purchase", {"id": purchase_id}))["purchase"]["status"]

    async def at_provider(self, path: str, **body: object) -> dict[str, Any]:
        """What the provider's own staff, or the payer's bank, does there."""
        response = await self.provider.post(f"/v1/{path}", json=body, headers=KEY)
        assert response.is_success, response.text
        return response.json()

    async def becomes(self, purchase_id: str, status: str) -> None:
        await eventually(lambda: self.status(purchase_id), until=lambda now: now == status)

    async def answers(self, payment_id: str) -> list[str]:
        """What the wallet has answered to each delivery about a payment."""
        found = await self.provider.get(
            "/v1/events", params={"payment_id": payment_id}, headers=KEY
        )
        return [
            attempt["outcome"] for event in found.json()["events"] for attempt in event["attempts"]
        ]

    async def answered(self, payment_id: str, count: int) -> list[str]:
        return await eventually(
            lambda: self.answers(payment_id), until=lambda answers: len(answers) >= count
        )


@pytest.fixture
async def market(shop: Pool, sandbox_settings: SandboxSettings) -> AsyncGenerator[Market]:
    secret = sandbox_settings.webhook_secret.get_secret_value()
    verifier = TokenVerifier(KeySet("file:///nowhere.json"), issuer="test", audience="largesse")
    store = Store(sandbox_settings.data_file)
    async with AsyncExitStack() as stack:
        # The provider is there first: what it delivers to is mounted below.
        receiver = FastAPI()
        to_wallet = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(receiver))
        )
        deliveries = Deliveries(
            store, to_wallet, url=str(sandbox_settings.webhook_url), secret=secret
        )
        to_provider = httpx.ASGITransport(make_sandbox_app(store, deliveries, sandbox_settings))
        sandbox = Sandbox(
            url="http://provider", api_key="key", webhook_secrets=[secret], transport=to_provider
        )
        stack.push_async_callback(sandbox.close)
        receiver.mount("/", make_app(shop, verifier, {"sandbox": sandbox}))
        provider = await stack.enter_async_context(
            httpx.AsyncClient(transport=to_provider, base_url="http://provider")
        )
        stop = asyncio.Event()
        delivering = asyncio.create_task(deliveries.run(stop))
        yield Market(shop, sandbox, provider)
        stop.set()
        await delivering
    store.close()


async def test_paid_at_the_page_is_credited(shop: Pool, market: Market) -> None:
    purchase_id, payment_id = await market.order()

    await market.press(payment_id, "pay")
    await market.becomes(purchase_id, "CREDITED")

    assert await market.answered(payment_id, 1) == ["200"]
    assert len(await stored_events(shop)) == 2
    await assert_books_balance(shop)


async def test_declined_at_the_page_is_declined(shop: Pool, market: Market) -> None:
    purchase_id, payment_id = await market.order()

    await market.press(payment_id, "decline")
    await market.becomes(purchase_id, "DECLINED")

    assert await stored_events(shop) == []


async def test_told_again_and_anew_credits_once(shop: Pool, market: Market) -> None:
    """The same event resent, and a second one of the same payment (E17)."""
    purchase_id, payment_id = await market.order()
    await market.press(payment_id, "pay")
    await market.becomes(purchase_id, "CREDITED")
    events = await market.provider.get("/v1/events", headers=KEY)
    (event,) = events.json()["events"]

    await market.provider.post(f"/v1/events/{event['event_id']}/resend", headers=KEY)
    again = {"payment_id": payment_id, "type": "payment.succeeded"}
    await market.provider.post("/v1/events", json=again, headers=KEY)

    assert await market.answered(payment_id, 3) == ["200"] * 3
    assert len(await stored_events(shop)) == 2
    await assert_books_balance(shop)


async def test_type_of_which_the_wallet_knows_nothing_is_taken_and_alarms(
    shop: Pool, market: Market
) -> None:
    """Accepted, so that the provider stops, and kept for a person (E08)."""
    _, payment_id = await market.order()

    reviewed = {"payment_id": payment_id, "type": "payment.reviewed"}
    await market.provider.post("/v1/events", json=reviewed, headers=KEY)

    assert await market.answered(payment_id, 1) == ["202"]
    assert await shop.fetchval("SELECT count(*) FROM provider_alarm") == 1


async def bought(market: Market) -> tuple[str, str]:
    """A purchase that is credited, and its payment."""
    purchase_id, payment_id = await market.order()
    await market.press(payment_id, "pay")
    await market.becomes(purchase_id, "CREDITED")
    return purchase_id, payment_id


async def reversed_coins(pool: Pool) -> int:
    """Taken back and not given back."""
    return await pool.fetchval(
        "SELECT (SELECT coalesce(sum(coins), 0) FROM reversal)"
        " - (SELECT coalesce(sum(coins), 0) FROM reinstatement)"
    )


async def test_refunds_in_parts_and_by_quantity_are_understood(shop: Pool, market: Market) -> None:
    """A piece is a coin: so many pieces refunded are so many coins taken back."""
    purchase_id, payment_id = await bought(market)
    bonus = await shop.fetchval("SELECT bonus_coins FROM purchase")

    await market.at_provider(f"checkouts/{payment_id}/refunds", quantity=350)
    await market.becomes(purchase_id, "PARTIALLY_REFUNDED")
    part = await reversed_coins(shop)
    await market.at_provider(f"checkouts/{payment_id}/refunds")
    await market.becomes(purchase_id, "REFUNDED")

    assert part == 350 + bonus // 2
    assert await reversed_coins(shop) == 700 + bonus
    await market.at_provider(f"checkouts/{payment_id}/refunds/reverse")
    await market.becomes(purchase_id, "CREDITED")
    assert await reversed_coins(shop) == 0
    await assert_books_balance(shop)


async def test_disputes_and_voids_are_understood(shop: Pool, market: Market) -> None:
    """Shuffled and repeated, they end as they would have in order."""
    purchase_id, payment_id = await bought(market)
    await market.provider.put(
        "/v1/faults", json={"late_s": 0.3, "shuffled": True, "repeats": 2}, headers=KEY
    )

    disputed = await market.at_provider(f"checkouts/{payment_id}/disputes")
    for decision in ("lose", "win"):
        await market.at_provider(f"disputes/{disputed['dispute_id']}/{decision}")
    answers = await market.answered(payment_id, 10)  # the payment's, and three thrice
    won = await market.status(purchase_id)
    await market.at_provider(f"checkouts/{payment_id}/void")
    await market.becomes(purchase_id, "VOIDED")

    assert set(answers) == {"200"}
    assert won == "CREDITED"
    assert await shop.fetchval("SELECT fee_minor FROM dispute_fee") == 1_500
    assert await shop.fetchval("SELECT count(*) FROM provider_alarm") == 0
    await assert_books_balance(shop)


async def test_outage_at_the_provider_loses_nothing(shop: Pool, market: Market) -> None:
    """What happened before it is told when it is over."""
    purchase_id, payment_id = await bought(market)
    await market.provider.put("/v1/faults", json={"late_s": 0.2}, headers=KEY)
    await market.at_provider(f"checkouts/{payment_id}/refunds")
    await market.provider.put("/v1/faults", json={"outage": True}, headers=KEY)

    with pytest.raises(ProviderUnavailableError):
        await market.sandbox.open_checkout(a_purchase())
    assert await market.status(purchase_id) == "CREDITED"
    await market.provider.put("/v1/faults", json={}, headers=KEY)

    await market.becomes(purchase_id, "REFUNDED")
    await assert_books_balance(shop)


async def test_asking_for_a_checkout_again_gives_the_same(market: Market) -> None:
    """And other terms under the same reference are refused by the provider."""
    purchase = a_purchase()

    first = await market.sandbox.open_checkout(purchase)
    again = await market.sandbox.open_checkout(purchase)

    assert first == again
    with pytest.raises(ProviderUnavailableError):
        await market.sandbox.open_checkout(
            a_purchase(purchase_id=purchase.purchase_id, amount_minor=1)
        )
