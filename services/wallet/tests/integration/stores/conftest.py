"""The wallet with both app stores: its own clients, and the stores' endpoints on this machine."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from appstoreserverlibrary.models.Environment import Environment

from chassis.db import Pool, transact
from chassis.ids import uuid7
from support.app_stores import AUDIENCE, PACKAGE, PUSHER, AppStores, serve_app_stores
from support.apple_signing import APP, AppleSigner, a_private_key
from wallet.commands.publish_price_book import publish_price_book
from wallet.domain.price_book import Bundle, Market, PriceBook
from wallet.providers import Seller
from wallet.providers.app_store import AppStore, AppStoreApp
from wallet.providers.google_play import GooglePlay
from wallet.providers.google_play_api import GooglePlayApi
from wallet.providers.google_push import PushTokens
from wallet.testing.buying import first_price_books
from wallet.testing.charging import SettableClock

type Ask = Any
type Mutate = Callable[..., Coroutine[None, None, dict[str, Any]]]
type Deliver = Callable[..., Coroutine[None, None, httpx.Response]]

PURCHASE_COINS = """mutation ($input: PurchaseCoinsInput!) { purchaseCoins(input: $input) {
    __typename ... on PurchaseCoinsPayload { replayed purchase { id status checkoutUrl } }
    ... on Refusal { code message }
} }"""
CONFIRM = """mutation ($input: ConfirmStorePurchaseInput!) { confirmStorePurchase(input: $input) {
    __typename ... on ConfirmStorePurchasePayload { purchase { id status coins bonusCoins } }
    ... on Refusal { code message }
} }"""
BUNDLES = {"app_store": "apple_700", "google_play": "play_700"}


def store_price_book() -> PriceBook:
    """The next version of the price book: coins are dearer in stores, which take their share."""
    last = first_price_books()[-1]
    markets = tuple(
        Market(
            name=f"{store}_us",
            regions=("US",),
            currency="USD",
            seller="Largesse Inc.",
            store=store,
            bundles=(
                Bundle(id=f"{store}_70", coins=70, amount_minor=99),
                Bundle(id=f"{store}_700", coins=700, bonus_coins=10, amount_minor=899),
            ),
        )
        for store in ("apple", "play")
    )
    return msgspec.structs.replace(
        last,
        version=last.version + 1,
        effective_from=last.effective_from + timedelta(days=1),
        refund_window_days={**last.refund_window_days, "app_store": 90, "google_play": 90},
        markets=last.markets + markets,
        stores={"app_store": "apple", "google_play": "play"},
    )


@pytest.fixture
async def shop(pool: Pool) -> Pool:
    books = [*first_price_books(), store_price_book()]
    await transact(pool, lambda conn: publish_price_book(conn, books))
    return pool


@pytest.fixture(scope="session")
def apple() -> AppleSigner:
    return AppleSigner.make()


@pytest.fixture
async def stores() -> AsyncGenerator[AppStores]:
    async with serve_app_stores() as stores:
        yield stores


@pytest.fixture
async def app_store(apple: AppleSigner, stores: AppStores) -> AsyncGenerator[AppStore]:
    store = AppStore(
        AppStoreApp(
            name=APP,
            app_id=None,
            environment=Environment.SANDBOX,
            root_certificates=(apple.root.der(),),
            issuer_id="issuer",
            key_id="key",
            private_key=a_private_key(),
            checks_revocation=False,
        ),
        api_url=stores.url,
    )
    yield store
    await store.close()


@pytest.fixture
async def google_play(stores: AppStores) -> AsyncGenerator[GooglePlay]:
    http = httpx.AsyncClient(trust_env=False)
    store = GooglePlay(
        PACKAGE,
        GooglePlayApi(PACKAGE, json.loads(stores.service_account()), url=stores.url),
        PushTokens(http, audience=AUDIENCE, email=PUSHER, certificates_url=f"{stores.url}/certs"),
        http,
    )
    yield store
    await store.close()


@pytest.fixture
def providers(app_store: AppStore, google_play: GooglePlay) -> Mapping[str, Seller]:
    return {app_store.name: app_store, google_play.name: google_play}


@pytest.fixture
def order(ask: Ask) -> Callable[..., Coroutine[None, None, str]]:
    """`await order("app_store", sub="bob")`: a purchase of 700 coins, to be made in the store."""

    async def run(provider: str, *, bundle_id: str | None = None, **caller: object) -> str:
        given = {
            "purchaseId": str(uuid7()),
            "bundleId": bundle_id or BUNDLES[provider],
            "provider": provider,
        }
        body = await ask(PURCHASE_COINS, {"input": given}, **caller)
        assert body["data"]["purchaseCoins"]["purchase"] == {
            "id": given["purchaseId"],
            "status": "CREATED",
            "checkoutUrl": None,
        }
        return given["purchaseId"]

    return run


@pytest.fixture
def confirm(ask: Ask) -> Mutate:
    """`await confirm(purchase_id, receipt, sub="bob")`: what the mutation answers."""

    async def run(
        purchase_id: str, receipt: str, *, shares_usage: bool = False, **caller: object
    ) -> dict[str, Any]:
        given = {"purchaseId": purchase_id, "receipt": receipt, "sharesUsage": shares_usage}
        body = await ask(CONFIRM, {"input": given}, **caller)
        assert "errors" not in body, body
        return body["data"]["confirmStorePurchase"]

    return run


@pytest.fixture
def notify(client: httpx.AsyncClient, apple: AppleSigner, clock: SettableClock) -> Deliver:
    """`await notify("ONE_TIME_CHARGE", transaction, uuid="1")`: Apple's server notification."""

    async def post(
        type_: str, transaction: str | None, *, signer: AppleSigner = apple, **changes: Any
    ) -> httpx.Response:
        signed = signer.notification(type_, transaction, **{"at": clock(), **changes})
        body = json.dumps({"signedPayload": signed}).encode()
        return await client.post("/webhooks/app_store", content=body)

    return post


@pytest.fixture
def deliver_push(client: httpx.AsyncClient, stores: AppStores) -> Deliver:
    """`await deliver_push(push(...), token=...)`: Pub/Sub's delivery, by default a genuine one."""

    async def post(body: bytes, *, token: str | None = None) -> httpx.Response:
        authorization = f"Bearer {token or stores.push_token()}"
        return await client.post(
            "/webhooks/google_play", content=body, headers={"authorization": authorization}
        )

    return post


@pytest.fixture
def coins(shop: Pool) -> Callable[..., Coroutine[None, None, int]]:
    """`await coins("bob")`: what they have."""

    async def count(user_id: str = "ann") -> int:
        return (
            await shop.fetchval(
                "SELECT credits_coins - debits_coins FROM account WHERE owner_id = $1", user_id
            )
            or 0
        )

    return count


@pytest.fixture
def alarms(shop: Pool) -> Callable[[], Coroutine[None, None, list[str]]]:
    """`await alarms()`: the reasons of those that are open."""

    async def read() -> list[str]:
        rows = await shop.fetch(
            "SELECT reason FROM provider_alarm WHERE resolved_at IS NULL ORDER BY raised_at"
        )
        return [row["reason"] for row in rows]

    return read
