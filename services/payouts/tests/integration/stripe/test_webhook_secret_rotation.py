"""A webhook's secret is replaced by a rolling restart with two, and another with the new one."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from chassis.auth import KeySet, TokenVerifier
from chassis.settings import read
from payouts.api import make_app
from payouts.rails.hosts import senders_of
from payouts.settings import ApiSettings
from support.connect_scene import ConnectScene
from support.stripe_events import an_account_event

# The library hands its form to httpx under a name that httpx would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
VARIABLES = {
    "DATABASE_DSN": "postgresql://payouts@127.0.0.1/payouts",
    "KAFKA_SERVERS": "127.0.0.1:9092",
    "HTTP_PORT": "4103",
    "TOKEN_JWKS_URL": "file:///nowhere.json",
    "TOKEN_ISSUER": "test",
    "TOKEN_AUDIENCE": "largesse",
    "DETAILS_KEYS": KEY,
    "LINK_KEYS": KEY,
    "PUBLIC_URL": "http://payouts",
    "SANDBOX_BANK_URL": "http://127.0.0.1:1",
    "SANDBOX_BANK_API_KEY": "key",
    "STRIPE_API_KEY": "sk_test_1",
    "STRIPE_RETURN_URL": "https://app.example/back",
    "STRIPE_REFRESH_URL": "https://app.example/again",
}


async def test_a_webhook_secret_is_replaced_without_a_refusal(
    scene: ConnectScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two endpoints one gets another secret; every pod takes what is signed at its time."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(f"PAYOUTS_{name}", value)

    @asynccontextmanager
    async def pod(secrets: str) -> AsyncGenerator[httpx.AsyncClient]:
        monkeypatch.setenv("PAYOUTS_STRIPE_WEBHOOK_SECRET", secrets)
        settings = read(ApiSettings)
        app = make_app(
            scene.database.pool,
            TokenVerifier(KeySet("file:///nowhere.json"), issuer="test", audience="largesse"),
            settings.sealer,
            settings.links,
            senders=senders_of(settings),
            now=scene.clock,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://payouts") as client:
            yield client

    async def tell(client: httpx.AsyncClient, secret: str) -> int:
        body = an_account_event(scene.account_id, {})
        header = scene.signature(body, secret=secret)
        url = "/webhooks/stripe_connect"
        told = await client.post(url, content=body, headers={"Stripe-Signature": header})
        return told.status_code

    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(pod("old,other"))
        during = await stack.enter_async_context(pod("new,old,other"))
        after = await stack.enter_async_context(pod("new,other"))

        assert [await tell(pod, "old") for pod in (before, during)] == [200, 200]
        assert [await tell(pod, "new") for pod in (during, after)] == [200, 200]
        assert [await tell(pod, "other") for pod in (before, during, after)] == [200, 200, 200]
        assert await tell(after, "old") == 401
