"""How a Checkout Session is asked for, and what becomes of answers that were not agreed on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl
from uuid import UUID

import httpx
import pytest
import stripe

from chassis.stripe.client import RETRIES
from wallet.domain.purchase import Checkout, ProviderUnavailableError
from wallet.providers import stripe as stripe_provider
from wallet.providers.stripe import Stripe
from wallet.testing.buying import a_purchase

# The library hands its form to httpx under a name that httpx would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

URL = "https://checkout.stripe.com/c/pay/cs_1#fid"
API_KEY = "sk_live_planted"
SECRET = "whsec_planted"
OPENED = {"id": "cs_1", "object": "checkout.session", "url": URL, "payment_intent": None}

type Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def a_stripe(handler: Handler) -> Stripe:
    """A Stripe whose requests go to `handler`."""

    async def handle(request: httpx.Request) -> httpx.Response:
        answer = handler(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    client = stripe.HTTPXClient()
    client._client_async = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return Stripe(
        api_key=API_KEY,
        webhook_secrets=[SECRET],
        success_url="https://app.example/paid",
        cancel_url="https://app.example/coins",
        http_client=client,
    )


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)


async def test_session_is_asked_for_with_the_terms_of_the_purchase() -> None:
    """Under the purchase's id, so that asking again opens no second page."""
    purchase = a_purchase(purchase_id=UUID(int=7))
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=OPENED)

    checkout = await a_stripe(answer).open_checkout(purchase)

    assert checkout == Checkout(None, URL)
    (request,) = asked
    assert str(request.url) == "https://api.stripe.com/v1/checkout/sessions"
    assert request.headers["authorization"] == f"Bearer {API_KEY}"
    assert request.headers["idempotency-key"] == "00000000-0000-0000-0000-000000000007"
    assert dict(parse_qsl(request.content.decode())) == {
        "mode": "payment",
        "client_reference_id": "00000000-0000-0000-0000-000000000007",
        "metadata[purchase_id]": "00000000-0000-0000-0000-000000000007",
        "payment_intent_data[metadata][purchase_id]": "00000000-0000-0000-0000-000000000007",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "889",
        "line_items[0][price_data][product_data][name]": "700 coins",
        "adaptive_pricing[enabled]": "false",
        "success_url": "https://app.example/paid",
        "cancel_url": "https://app.example/coins",
    }


async def test_payment_that_is_known_at_once_is_kept() -> None:
    provider = a_stripe(lambda _: httpx.Response(200, json=OPENED | {"payment_intent": "pi_1"}))

    assert await provider.open_checkout(a_purchase()) == Checkout("pi_1", URL)


async def test_price_that_stripe_cannot_charge_is_never_asked_for() -> None:
    """Nor is it rounded: the price book has to be put right (E45)."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=OPENED)

    with pytest.raises(ProviderUnavailableError):
        await a_stripe(answer).open_checkout(a_purchase(amount_minor=2_725, currency="KWD"))

    assert asked == []


ERROR = {"error": {"type": "invalid_request_error", "code": "parameter_missing", "message": "x"}}
ANSWERS = {
    "an error": httpx.Response(500, json={"error": {"type": "api_error", "message": "x"}}),
    "a bad key": httpx.Response(401, json={"error": {"message": f"Invalid key: {API_KEY}"}}),
    "a refusal": httpx.Response(400, json=ERROR),
    "other terms": httpx.Response(400, json={"error": {"type": "idempotency_error"}}),
    "too many": httpx.Response(429, json={"error": {"code": "rate_limit"}}),
    "elsewhere": httpx.Response(302, headers={"location": "https://evil.example"}),
    "nothing": httpx.Response(200),
    "no JSON": httpx.Response(200, content=b"<html>"),
    "no UTF-8": httpx.Response(200, content=b'{"url": "\xff"}'),
    "nested": httpx.Response(200, content=b'{"x": ' + b"[" * 100_000),
    "a list": httpx.Response(200, json=[]),
    "null": httpx.Response(200, json=None),
    "no page": httpx.Response(200, json=OPENED | {"url": None}),
    "a page without a name": httpx.Response(200, json={"id": "cs_1"}),
    "a payment without a name": httpx.Response(200, json=OPENED | {"payment_intent": ""}),
    "NUL": httpx.Response(200, json=OPENED | {"payment_intent": "\0"}),
    "a script": httpx.Response(200, json=OPENED | {"url": "javascript:x()"}),
    "two lines": httpx.Response(200, json=OPENED | {"url": f"{URL}\nx"}),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.usefixtures("_soon")
async def test_answer_that_was_not_agreed_on_is_none(name: str) -> None:
    with pytest.raises(ProviderUnavailableError):
        await a_stripe(lambda _: ANSWERS[name]).open_checkout(a_purchase())


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError, httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError],
)
@pytest.mark.usefixtures("_soon")
async def test_broken_connection_is_tried_again_under_the_same_key(
    error: type[httpx.TransportError],
) -> None:
    """Stripe may have opened the page before it broke: the key tells it so."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) < 3:
            raise error("broken", request=request)
        return httpx.Response(200, json=OPENED)

    assert await a_stripe(answer).open_checkout(a_purchase()) == Checkout(None, URL)

    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert len({request.content for request in asked}) == 1


@pytest.mark.usefixtures("_soon")
async def test_stripe_that_stays_away_is_left_alone_soon() -> None:
    asked: list[httpx.Request] = []

    def fail(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("away", request=request)

    with pytest.raises(ProviderUnavailableError):
        await a_stripe(fail).open_checkout(a_purchase())

    assert len(asked) == 1 + RETRIES


async def test_stripe_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The gateway would give up on us first."""
    monkeypatch.setattr(stripe_provider, "ANSWER_WITHIN_S", 0.05)

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    with pytest.raises(ProviderUnavailableError):
        await a_stripe(never).open_checkout(a_purchase())


@pytest.mark.parametrize("name", ["a bad key", "a refusal", "an error", "no JSON"])
@pytest.mark.usefixtures("_soon")
async def test_no_key_is_ever_logged(
    name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even where Stripe quotes it, at any level, the library's own lines included."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("stripe").setLevel(logging.WARNING)  # as chassis.telemetry sets it

    with pytest.raises(ProviderUnavailableError):
        await a_stripe(lambda _: ANSWERS[name]).open_checkout(a_purchase())

    printed = caplog.text + capsys.readouterr().out
    assert "provider_unavailable" in printed
    assert API_KEY not in printed
    assert SECRET not in printed
