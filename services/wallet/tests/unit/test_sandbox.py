"""What the sandbox provider says, and what is made of it when it speaks nonsense."""

import json
from collections.abc import Callable
from typing import Literal

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.webhooks import UnreadableError
from wallet.domain.purchase import (
    Checkout,
    PaymentEvent,
    ProviderUnavailableError,
)
from wallet.providers.sandbox import Sandbox
from wallet.testing.buying import a_purchase

URL = "https://pay.example/checkout/pay_1"


def a_sandbox(handler: Callable[[httpx.Request], httpx.Response] | None = None) -> Sandbox:
    return Sandbox(
        url="http://provider",
        api_key="key",
        webhook_secrets=["secret"],
        transport=httpx.MockTransport(handler or (lambda _: httpx.Response(500))),
    )


SANDBOX = a_sandbox()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ALMOST = st.fixed_dictionaries(
    {
        "id": st.text() | JSON,
        "type": st.sampled_from(
            [
                "payment.succeeded",
                "payment.declined",
                "payment.refunded",
                "payment.voided",
                "dispute.opened",
            ]
        )
        | JSON,
        "data": st.fixed_dictionaries(
            {
                "payment_id": st.text() | JSON,
                "reference": st.text() | JSON,
                "amount_minor": st.integers() | JSON,
                "currency": st.sampled_from(["USD", "usd", "USD\n"]) | JSON,
                "refunded_minor": st.integers() | JSON,
                "returned_minor": st.integers(0, 9) | JSON,
                "dispute_id": st.text() | JSON,
                "disputed_minor": st.integers() | JSON,
                "fee_minor": st.integers(0, 9) | JSON,
            }
        )
        | JSON,
    }
)


@given(st.binary() | (JSON | ALMOST).map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"id": "a", "type": "b", "data": ' + b"[" * 100_000)
@example(b'{"id": "a\\ud800", "type": "b"}')
@example(b'{"id": "a", "type": "\xff"}')
@example(b'{"id": "a\\u0000", "type": "b"}')
def test_any_bytes_are_an_event_or_unreadable(body: bytes) -> None:
    """And an event that is read fits the columns that it goes to."""
    try:
        event = SANDBOX.read(body)
    except UnreadableError:
        return

    for text in (event.event_id, event.type):
        assert 0 < len(text) <= 128
        assert "\0" not in text
    if event.outcome is not None:
        assert event.amount_minor is not None
        assert 0 <= event.amount_minor < 2**53
        assert event.currency is not None
        assert len(event.currency) == 3


@pytest.mark.parametrize(
    ("type_", "outcome"),
    [("payment.succeeded", "succeeded"), ("payment.declined", "declined")],
)
def test_payment_is_read(type_: str, outcome: Literal["succeeded", "declined"]) -> None:
    """Fields that we do not know are ignored: providers add some."""
    payment = {"payment_id": "p", "reference": "r", "amount_minor": 5, "currency": "JPY", "fee": 1}
    body = json.dumps({"id": "e", "type": type_, "livemode": False, "data": payment}).encode()

    assert SANDBOX.read(body) == PaymentEvent("e", type_, outcome, "p", "r", 5, "JPY")


def test_unknown_type_is_read_as_no_more_than_that() -> None:
    assert SANDBOX.read(b'{"id": "e", "type": "x", "data": {"amount_minor": "much"}}') == (
        PaymentEvent("e", "x", None)
    )


async def test_checkout_is_asked_for_with_the_terms_of_the_purchase() -> None:
    purchase = a_purchase()
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"payment_id": "pay_1", "checkout_url": URL})

    checkout = await a_sandbox(answer).open_checkout(purchase)

    assert checkout == Checkout("pay_1", URL)
    (request,) = asked
    assert request.headers["authorization"] == "Bearer key"
    assert json.loads(request.content) == {
        "reference": str(purchase.purchase_id),
        "amount_minor": 889,
        "currency": "USD",
        "description": "700 coins",
        "quantity": 700,
    }


ANSWERS = {
    "an error": httpx.Response(500),
    "taken": httpx.Response(409, json={"error": {"code": "reference_taken"}}),
    "elsewhere": httpx.Response(302, headers={"location": "https://evil.example"}),
    "nothing": httpx.Response(200),
    "no JSON": httpx.Response(200, content=b"<html>"),
    "no UTF-8": httpx.Response(200, content=b'{"payment_id": "\xff"}'),
    "nested": httpx.Response(200, content=b'{"x": ' + b"[" * 100_000),
    "no page": httpx.Response(200, json={"payment_id": "pay_1"}),
    "no id": httpx.Response(200, json={"payment_id": "", "checkout_url": URL}),
    "NUL": httpx.Response(200, json={"payment_id": "\0", "checkout_url": URL}),
    "a script": httpx.Response(200, json={"payment_id": "p", "checkout_url": "javascript:x()"}),
    "two lines": httpx.Response(200, json={"payment_id": "p", "checkout_url": f"{URL}\nx"}),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_answer_that_was_not_agreed_on_is_none(name: str) -> None:
    with pytest.raises(ProviderUnavailableError):
        await a_sandbox(lambda _: ANSWERS[name]).open_checkout(a_purchase())


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
async def test_provider_that_cannot_be_reached(error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("away", request=request)

    with pytest.raises(ProviderUnavailableError):
        await a_sandbox(fail).open_checkout(a_purchase())


@pytest.mark.parametrize("error", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
async def test_checkout_is_asked_for_again_when_the_connection_broke(
    error: type[httpx.TransportError],
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1:
            raise error("left idle for too long", request=request)
        return httpx.Response(201, json={"payment_id": "pay_1", "checkout_url": URL})

    assert await a_sandbox(answer).open_checkout(a_purchase()) == Checkout("pay_1", URL)

    first, second = asked
    assert first.content == second.content, "the provider knows the purchase by its reference"
