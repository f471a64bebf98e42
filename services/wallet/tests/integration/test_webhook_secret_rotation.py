"""A webhook's secret is replaced by a rolling restart with two, and another with the new one."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from chassis.auth import KeySet, TokenVerifier
from chassis.db import Pool, transaction
from chassis.settings import read
from payment_sandbox.signing import HEADER, sign
from wallet.api import make_app, providers_of
from wallet.domain.purchase import Purchase
from wallet.settings import ApiSettings
from wallet.store.purchases import insert_purchase
from wallet.testing.buying import a_notice, a_purchase
from wallet.testing.charging import SettableClock
from wallet.testing.stripe import a_session_event, signature

type Sign = Callable[[bytes, str], dict[str, str]]

VARIABLES = {
    "DATABASE_DSN": "postgresql://wallet@127.0.0.1/wallet",
    "KAFKA_SERVERS": "127.0.0.1:9092",
    "HTTP_PORT": "4101",
    "TOKEN_JWKS_URL": "file:///nowhere.json",
    "TOKEN_ISSUER": "test",
    "TOKEN_AUDIENCE": "largesse",
    "SANDBOX_URL": "http://127.0.0.1:1",
    "STRIPE_SUCCESS_URL": "https://app.example/paid",
    "STRIPE_CANCEL_URL": "https://app.example/coins",
}


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the wallet's Secret."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name, value in {**VARIABLES, "SECRETS_DIR": str(folder)}.items():
        monkeypatch.setenv(f"WALLET_{name}", value)
    for name in ("SANDBOX_API_KEY", "STRIPE_API_KEY"):
        (folder / f"WALLET_{name}").write_text("key")
    for name in ("SANDBOX_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET"):
        (folder / f"WALLET_{name}").write_text("old")
    return folder


@asynccontextmanager
async def pod(pool: Pool, clock: SettableClock) -> AsyncGenerator[httpx.AsyncClient]:
    """An api that is started now, with what is mounted now."""
    verifier = TokenVerifier(KeySet("file:///nowhere.json"), issuer="test", audience="largesse")
    async with (
        providers_of(read(ApiSettings)) as providers,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(make_app(pool, verifier, providers, now=clock)),
            base_url="http://wallet",
        ) as client,
    ):
        yield client


@pytest.mark.parametrize("provider", ["sandbox", "stripe"])
async def test_a_webhook_secret_is_replaced_without_a_refusal(
    provider: str, shop: Pool, clock: SettableClock, mounted: Path
) -> None:
    """Whatever the provider signs with at a time, every pod of that time takes it: the old secret
    until it is taken away, and then no more."""
    file = mounted / f"WALLET_{provider.upper()}_WEBHOOK_SECRET"

    async def tell(client: httpx.AsyncClient, *secrets: str) -> tuple[int, str]:
        purchase = a_purchase(provider=provider)
        async with transaction(shop) as conn:
            await insert_purchase(conn, purchase)
        body, header, value = delivery(purchase, secrets, int(clock().timestamp()))
        answer = await client.post(f"/webhooks/{provider}", content=body, headers={header: value})
        return answer.status_code, answer.json()["code"]

    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(pod(shop, clock))
        file.write_text("new, old")
        during = await stack.enter_async_context(pod(shop, clock))
        rolling_out = [await tell(client, "old") for client in (before, during)]
        # Stripe signs with both for a day; who signs with one of them changes at a moment.
        exchanged = [await tell(during, *with_) for with_ in (["old"], ["old", "new"], ["new"])]
        file.write_text("new")
        after = await stack.enter_async_context(pod(shop, clock))
        rolling_on = [await tell(client, "new") for client in (during, after)]

        assert {*rolling_out, *exchanged, *rolling_on} == {(200, "applied")}
        assert await tell(after, "old") == (401, "signature_invalid")


def delivery(purchase: Purchase, secrets: tuple[str, ...], at_s: int) -> tuple[bytes, str, str]:
    """A payment's body, and the header that signs it with each secret."""
    if purchase.provider == "stripe":
        body, header = a_session_event(purchase), "Stripe-Signature"
        signed = [signature(body, secret, at_s) for secret in secrets]
    else:
        body, header = a_notice(purchase), HEADER
        signed = [sign(secret, body, at_s) for secret in secrets]
    first, *more = signed
    return body, header, ",".join([first, *(each.partition(",")[2] for each in more)])
