"""Let what a provider says of a payment take effect on its purchase."""

from datetime import datetime

from chassis.db import Conn
from wallet.commands.credit_purchase import credit_purchase
from wallet.domain.purchase import PaymentEvent, Purchase
from wallet.store import purchases
from wallet.store.provider_events import EventOutcome


async def apply_payment(
    conn: Conn,
    purchase: Purchase,
    event: PaymentEvent,
    *,
    at: datetime,
    traceparent: str | None,
) -> EventOutcome:
    """Move a purchase on as the event says, and say what came of it.

    `applied`: it moved. `ignored`: it had moved further already; events come in any order and more
    than once (E17, E20). `mismatched`: the event is not about what was ordered; nothing moved.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: As the row is.
        event: Of the purchase's own provider, its signature checked.
        at: When it arrived.
        traceparent: The trace that events carry on.
    """
    payment_id = event.payment_id
    if payment_id is None or not _matches(purchase, event, payment_id):
        return "mismatched"
    other = await purchases.find_purchase_of_payment(conn, purchase.provider, payment_id)
    if other is not None and other != purchase.purchase_id:
        return "mismatched"
    if purchase.status in ("PAID", "CREDITED"):
        return "ignored"
    if event.outcome == "succeeded":
        await credit_purchase(conn, purchase, payment_id=payment_id, at=at, traceparent=traceparent)
        return "applied"
    if purchase.status == "DECLINED":
        return "ignored"
    await purchases.update_to_declined(conn, purchase.purchase_id, payment_id=payment_id)
    return "applied"


def _matches(purchase: Purchase, event: PaymentEvent, payment_id: str) -> bool:
    """Whether the event is of the payment that was ordered, to the last minor unit."""
    return (
        event.amount_minor == purchase.amount_minor
        and event.currency == purchase.currency
        and purchase.payment_id in (None, payment_id)
    )
