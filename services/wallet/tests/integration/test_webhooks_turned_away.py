"""Deliveries that prove nothing change nothing, and the next good one is served."""

import os
from typing import Any

import pytest

from chassis.db import Pool, transaction
from wallet.domain.purchase import Purchase
from wallet.store.purchases import insert_purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_notice, a_purchase

type Deliver = Any
type Contents = Any


@pytest.fixture
async def purchase(shop: Pool) -> Purchase:
    purchase = a_purchase()
    async with transaction(shop) as conn:
        await insert_purchase(conn, purchase)
    return purchase


FAULTS = {
    "forged": ({"secret": "guessed"}, 401, "signature_invalid"),
    "signed for another body": ({"signed": b"{}"}, 401, "signature_invalid"),
    "truncated": ({"signature": "t=1790000000,v1=abc"}, 401, "signature_invalid"),
    "empty": ({"signature": ""}, 401, "signature_invalid"),
    "no signature at all": ({"signature": "t=1790000000"}, 401, "signature_invalid"),
    "Latin": ({"signature": "t=1790000000,v1=é".encode("latin-1")}, 401, "signature_invalid"),
    "late": ({"age_s": 301}, 400, "signature_stale"),
    "leaked weeks ago": ({"age_s": 30 * 24 * 3_600}, 400, "signature_stale"),
    "from the future": ({"age_s": -301}, 400, "signature_stale"),
    "forged and late": ({"secret": "guessed", "age_s": 9_999}, 401, "signature_invalid"),
    "unknown provider": ({"provider": "stripe"}, 404, "unknown_provider"),
}


async def test_turned_away_and_nothing_has_changed(
    shop: Pool, purchase: Purchase, deliver: Deliver, contents: Contents
) -> None:
    """Each with its status and stable code; then the genuine one is applied."""
    body = a_notice(purchase)
    before = await contents()

    answers = {
        name: (response.status_code, response.json()["code"])
        for name, (fault, _, _) in FAULTS.items()
        for response in [await deliver(body, **fault)]
    }

    assert answers == {name: (status, code) for name, (_, status, code) in FAULTS.items()}
    assert await contents() == before
    assert (await deliver(body)).json() == {"code": "applied"}
    await assert_books_balance(shop)


async def test_body_with_a_byte_changed_is_turned_away(
    purchase: Purchase, deliver: Deliver, contents: Contents
) -> None:
    """More coins for the same money would be one digit away."""
    body = a_notice(purchase)
    before = await contents()

    for index in range(0, len(body), 7):
        changed = bytes([*body[:index], body[index] ^ 1, *body[index + 1 :]])
        response = await deliver(changed, signed=body)
        assert response.status_code == 401

    assert await contents() == before


async def test_without_a_header(client: Any, purchase: Purchase, contents: Contents) -> None:
    before = await contents()

    response = await client.post("/webhooks/sandbox", content=a_notice(purchase))

    assert (response.status_code, response.json()) == (
        401,
        {"code": "signature_invalid", "message": "the signature is missing"},
    )
    assert await contents() == before


async def test_no_more_than_the_limit_is_read(
    client: Any, deliver: Deliver, contents: Contents
) -> None:
    """Even where its length is not told beforehand."""
    before = await contents()
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 1
            assert read < 100, "it reads for ever"
            yield b"x" * 4_096

    response = await client.post("/webhooks/sandbox", content=endless())

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert (await deliver(b"x" * 65_537)).status_code == 413
    assert await contents() == before
    assert (await deliver(b"x" * 65_536)).json()["code"] == "malformed"


async def test_body_that_ends_early(app: Any, contents: Contents) -> None:
    """The caller hung up: nobody is there to answer, and nothing went wrong here."""
    before = await contents()
    messages = iter(
        [
            {"type": "http.request", "body": b'{"id"', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/sandbox",
        "raw_path": b"/webhooks/sandbox",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
    }
    await app(scope, receive, send)

    assert sent[0]["status"] == 400
    assert await contents() == before


async def test_random_bytes_harm_nobody(
    shop: Pool, purchase: Purchase, deliver: Deliver, contents: Contents
) -> None:
    """Unsigned, under a random header, and on another method."""
    before = await contents()

    for size in (0, 1, 64, 4_096, 65_536):
        junk = os.urandom(size)
        header = os.urandom(40).hex()
        assert (await deliver(junk, signature=header)).status_code == 401
        assert (await deliver(junk, signature=f"t=1,v1={header}")).status_code == 401

    assert await contents() == before
    assert (await deliver(a_notice(purchase))).json()["code"] == "applied"
    await assert_books_balance(shop)


async def test_database_that_is_away_is_asked_again_later(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """503 makes the provider send it again, and then it is applied."""
    body = a_notice(purchase)
    shop.terminate()

    response = await deliver(body)

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
