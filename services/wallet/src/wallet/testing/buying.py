"""Buys coins as a front end, a payer and a payment provider together would."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import httpx
import msgspec

from chassis import outbox
from chassis.db import Pool, transact
from chassis.ids import uuid7
from contracts.event import Event
from wallet.commands.publish_price_book import publish_price_book
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.domain.limits import SpendPolicy
from wallet.domain.price_book import PriceBook
from wallet.domain.purchase import Purchase
from wallet.testing.charging import read_back

ORDERED_AT = datetime(2026, 9, 1, tzinfo=UTC)


def first_price_books() -> list[PriceBook]:
    """What a new system sells coins at."""
    text = files("wallet.data").joinpath("price_book.json").read_bytes()
    return msgspec.json.decode(text, type=list[PriceBook])


def first_spend_policies() -> list[SpendPolicy]:
    """How a new system treats spend limits."""
    text = files("wallet.data").joinpath("spend_policy.json").read_bytes()
    return msgspec.json.decode(text, type=list[SpendPolicy])


async def open_shop(pool: Pool) -> None:
    """Publish the first price book and the first policy on spend limits."""
    await transact(pool, lambda conn: publish_price_book(conn, first_price_books()))
    await transact(pool, lambda conn: publish_spend_policy(conn, first_spend_policies()))


def a_purchase(**changes: object) -> Purchase:
    """Ann's order of 700 coins and 10 on top for 8.89 USD, not paid and not at the provider yet."""
    purchase = Purchase(
        purchase_id=uuid7(),
        user_id="ann",
        provider="sandbox",
        bundle_id="us-700",
        price_book_version=1,
        coins=700,
        bonus_coins=10,
        amount_minor=889,
        currency="USD",
        seller="Largesse Inc.",
        refund_window_days=14,
        bonus_expires_after_days=90,
        status="CREATED",
        payment_id=None,
        checkout_url=None,
        created_at=ORDERED_AT,
        paid_at=None,
        credited_at=None,
    )
    return msgspec.structs.replace(purchase, **changes)


def a_notice(
    purchase: Purchase,
    *,
    event_id: str | None = None,
    type: str = "payment.succeeded",  # noqa: A002 - the field's name
    **changes: object,
) -> bytes:
    """The body of a webhook that tells of a purchase's payment, under a new event id."""
    payment: dict[str, Any] = {
        "payment_id": purchase.payment_id or f"pay_{purchase.purchase_id.hex}",
        "reference": str(purchase.purchase_id),
        "amount_minor": purchase.amount_minor,
        "currency": purchase.currency,
    }
    return json.dumps(
        {
            "id": event_id or f"evt_{uuid7().hex}",
            "type": type,
            "created_at": ORDERED_AT.isoformat(),
            "data": payment | changes,
        }
    ).encode()


async def stored_events(pool: Pool) -> list[Event]:
    """What the requests so far have put into the outbox, in order."""
    rows = await pool.fetch(
        "SELECT records FROM outbox WHERE stream = $1 ORDER BY seq", outbox.API_STREAM
    )
    return [read_back(record) for row in rows for record in outbox.unpack(row["records"])]


class Line(httpx.AsyncBaseTransport):
    """The way to a provider, which can be cut."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self.is_cut = False
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand on a request, unless the line is cut."""
        if self.is_cut:
            raise httpx.ConnectError("the line is cut", request=request)
        self.requests += 1
        return await self._transport.handle_async_request(request)
