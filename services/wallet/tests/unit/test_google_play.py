"""What Google Play says, and what is made of it when it speaks nonsense."""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chassis.webhooks import SignatureError, UnreadableError
from support.app_stores import PACKAGE, AppStores, bought, push
from wallet.domain.purchase import ProviderUnavailableError, ReceiptInvalidError
from wallet.providers.google_play import GooglePlay
from wallet.providers.google_play_api import GooglePlayApi, read_key_file
from wallet.providers.google_push import PushTokens
from wallet.testing.buying import a_purchase

PURCHASE = a_purchase(provider="google_play", bundle_id="us_700")
KEY_FILE = json.loads(AppStores(url="http://nowhere").service_account())


class _Believing(PushTokens):
    """Takes everybody for Google: what follows is about what Google says."""

    def __init__(self) -> None:
        pass

    async def check(self, authorization: str | None) -> None:
        del authorization


class _Api(GooglePlayApi):
    """Has a token already."""

    async def _token(self) -> str:
        return "token"


def a_store(answer: Callable[[httpx.Request], httpx.Response]) -> GooglePlay:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    api = _Api(PACKAGE, KEY_FILE, url="http://google", transport=httpx.MockTransport(answer))
    return GooglePlay(PACKAGE, api, _Believing(), http)


def saying(content: bytes, status: int = 200) -> GooglePlay:
    return a_store(lambda _: httpx.Response(status, content=content))


class Google:
    """One store for all examples of a test: its key costs more to read than they to check."""

    def __init__(self) -> None:
        self.says = b""
        self.store = a_store(lambda _: httpx.Response(200, content=self.says))


@pytest.fixture
async def google() -> AsyncGenerator[Google]:
    google = Google()
    yield google
    await google.store.close()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PRODUCT = st.fixed_dictionaries(
    {},
    optional={
        "purchaseState": st.integers(-1, 3) | JSON,
        "consumptionState": st.integers(0, 1) | JSON,
        "purchaseType": st.integers() | JSON,
        "obfuscatedExternalAccountId": st.text() | JSON,
        "productId": st.text() | JSON,
        "quantity": st.integers() | JSON,
    },
)
NOTIFICATION = st.fixed_dictionaries(
    {"packageName": st.just(PACKAGE) | JSON},
    optional={
        "oneTimeProductNotification": st.fixed_dictionaries(
            {
                "notificationType": st.integers() | JSON,
                "purchaseToken": st.just("tok.1") | st.text() | JSON,
                "sku": st.text() | JSON,
            }
        )
        | JSON,
        "voidedPurchaseNotification": JSON,
        "testNotification": JSON,
    },
)
PUSH = NOTIFICATION.map(
    lambda said: json.dumps(
        {"message": {"messageId": "1", "data": b64encode(json.dumps(said).encode()).decode()}}
    ).encode()
)
FEW = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@FEW
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | PUSH, PRODUCT | JSON)
@example(b"[" * 60_000, {})
@example(b'{"message": {"messageId": "1", "data": "====="}}', {})
async def test_any_bytes_are_an_event_or_unreadable(
    google: Google, body: bytes, product: Any
) -> None:
    """And an event that is read fits the columns that it goes to."""
    google.says = json.dumps(product).encode()
    try:
        event = await google.store.receive({}, body, now_s=0)
    except (UnreadableError, ProviderUnavailableError):
        return

    for text in (event.event_id, event.type):
        assert 0 < len(text) <= 160
        assert "\0" not in text
    if event.outcome in ("succeeded", "declined"):
        assert event.payment_id
        assert event.bundle_id
        assert event.quantity is not None
        assert 0 <= event.quantity < 2**53


@FEW
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "purchaseToken": st.text() | JSON,
            "voidedTimeMillis": st.integers(0, 10**13).map(str) | JSON,
            "voidedReason": st.integers(0, 9) | JSON,
            "voidedSource": st.integers(0, 3) | JSON,
            "voidedQuantity": st.integers() | JSON,
        },
    )
    | JSON
)
async def test_any_entry_of_the_list_is_an_event(google: Google, entry: Any) -> None:
    """What cannot be read is one too, so that it is kept and alarms."""
    google.says = json.dumps({"voidedPurchases": [entry]}).encode()
    now = datetime.now(UTC)
    page = await google.store.list_voided(now, now, None)

    (voided,) = page.voided
    assert (voided.event.claim is not None) == (voided.event.outcome == "claimed")
    assert voided.event.event_id
    if voided.event.outcome is not None:
        assert voided.event.payment_id == entry["purchaseToken"]


ANSWERS = {
    "an error": (500, b""),
    "not ours to ask": (403, b"{}"),
    "no JSON": (200, b"<html>"),
    "no UTF-8": (200, b'{"productId": "\xff"}'),
    "nested": (200, b'{"x": ' + b"[" * 100_000),
    "another form": (200, b'{"purchaseState": "bought"}'),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_answer_that_was_not_agreed_on_is_none(name: str) -> None:
    status, content = ANSWERS[name]
    store = saying(content, status)

    with pytest.raises(ProviderUnavailableError):
        await store.verify_receipt(PURCHASE, "tok.1")
    await store.close()


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout])
async def test_google_cannot_be_reached(error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("away", request=request)

    store = a_store(fail)
    with pytest.raises(ProviderUnavailableError):
        await store.verify_receipt(PURCHASE, "tok.1")
    await store.close()


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_token_that_google_does_not_know(status: int) -> None:
    store = saying(b"{}", status)

    with pytest.raises(ReceiptInvalidError):
        await store.verify_receipt(PURCHASE, "tok.1")
    await store.close()


@pytest.mark.parametrize("token", ["", "a/b", "a b", "..%2f", "x" * 1_001, "\ud800", "tok\n"])
async def test_what_cannot_be_a_token_is_not_even_asked_about(token: str) -> None:
    """It would become a part of the address that is asked."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    store = a_store(fail)
    with pytest.raises(ReceiptInvalidError):
        await store.verify_receipt(PURCHASE, token)
    await store.close()


async def test_push_of_a_product_asks_for_that_product() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"quantity": 3})

    store = a_store(answer)
    event = await store.receive({}, push(**bought("tok.1", "us_700")), now_s=0)
    await store.close()

    app = f"/androidpublisher/v3/applications/{PACKAGE}"
    assert asked == [f"{app}/purchases/products/us_700/tokens/tok.1"]
    assert (event.outcome, event.payment_id, event.bundle_id) == ("succeeded", "tok.1", "us_700")
    assert event.quantity == 3


async def test_without_certificates_nobody_is_believed() -> None:
    """An outage, not a forgery: it should be sent again."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    tokens = PushTokens(http, audience="a", email="e")
    token = AppStores().push_token()

    for _ in range(2):
        with pytest.raises(ProviderUnavailableError):
            await tokens.check(f"Bearer {token}")
    await http.aclose()


async def test_certificates_that_are_too_old_are_not_believed() -> None:
    """What Google has withdrawn is good for an hour at most."""
    stores, now = AppStores(), [0.0]
    answers = [
        httpx.Response(200, json={key.kid: key.certificate for key in stores.keys.values()}),
        httpx.Response(500),
    ]
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answers.pop(0)))
    audience, email = "a", "e"
    tokens = PushTokens(http, audience=audience, email=email, now=lambda: now[0])
    authorization = f"Bearer {stores.push_token(aud=audience, email=email)}"
    await tokens.check(authorization)

    now[0] = 3_599
    await tokens.check(authorization)
    now[0] = 3_601
    with pytest.raises(ProviderUnavailableError):
        await tokens.check(authorization)
    await http.aclose()


async def test_unsigned_token_is_no_token() -> None:
    """`alg: none` and keys of our own choice are the oldest tricks."""
    stores = AppStores()
    http = httpx.AsyncClient(
        transport=httpx.MockTransport(
            lambda _: httpx.Response(200, json={"one": stores.keys["one"].certificate})
        )
    )
    tokens = PushTokens(http, audience="a", email="e")
    _, payload, _ = stores.push_token(aud="a", email="e").split(".")
    header = b64encode(b'{"alg":"none","kid":"one"}').decode().rstrip("=")

    with pytest.raises(SignatureError):
        await tokens.check(f"Bearer {header}.{payload}.")
    await http.aclose()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": "service_account"}'])
def test_key_file_must_be_one(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own
        GooglePlayApi(PACKAGE, read_key_file(text))
