"""Tells the wallet what a payment provider takes back, without a wire between."""

from datetime import datetime
from typing import Any

from chassis.db import Pool, transact
from chassis.ids import uuid7
from wallet.commands.record_deliveries import record_delivery
from wallet.domain.claims import Telling
from wallet.domain.purchase import PaymentEvent, Purchase
from wallet.store.purchases import insert_purchase
from wallet.testing.buying import ORDERED_AT, a_purchase


def payment_of(purchase: Purchase) -> str:
    """The provider's id of the payment for a purchase."""
    return purchase.payment_id or f"pay_{purchase.purchase_id.hex}"


def paid(purchase: Purchase) -> PaymentEvent:
    """A new event: the payment has succeeded."""
    return PaymentEvent(
        f"evt_{uuid7().hex}",
        "payment.succeeded",
        "succeeded",
        payment_of(purchase),
        str(purchase.purchase_id),
        purchase.amount_minor,
        purchase.currency,
    )


def claimed(purchase: Purchase, telling: Telling) -> PaymentEvent:
    """A new event: something of the payment is taken back, or given back."""
    return paid(purchase)._replace(type="payment.claimed", outcome="claimed", claim=telling)


async def tell(pool: Pool, event: PaymentEvent, *, at: datetime = ORDERED_AT) -> str:
    """Deliver an event; returns what came of it."""
    return await transact(pool, lambda conn: record_delivery(conn, "sandbox", event, b"{}", at=at))


async def bought(pool: Pool, *, at: datetime = ORDERED_AT, **terms: Any) -> Purchase:  # noqa: ANN401
    """A purchase that is paid and credited."""
    purchase = a_purchase(created_at=at, **terms)
    await transact(pool, lambda conn: insert_purchase(conn, purchase))
    assert await tell(pool, paid(purchase), at=at) == "applied"
    return purchase
