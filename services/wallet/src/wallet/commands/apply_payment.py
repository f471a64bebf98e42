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
    if not purchase.is_paid_by(event):
        return "mismatched"
    if payment_id is not None and not await claim_payment(conn, purchase, payment_id):
        return "mismatched"
    if purchase.status in ("PAID", "CREDITED"):
        return "ignored"
    if event.outcome == "succeeded":
        assert payment_id is not None, "is_paid_by asks for it"
        await credit_purchase(conn, purchase, payment_id=payment_id, at=at, traceparent=traceparent)
        return "applied"
    if purchase.status == "DECLINED":
        return "ignored"
    await purchases.update_to_declined(conn, purchase.purchase_id, payment_id=payment_id)
    return "applied"


async def claim_payment(conn: Conn, purchase: Purchase, payment_id: str) -> bool:
    """Whether a payment may be this purchase's: it is no other's, and cannot become so meanwhile.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: Whose it would be.
        payment_id: The provider's own.
    """
    await purchases.lock_payment(conn, purchase.provider, payment_id)
    owner = await purchases.find_purchase_of_payment(conn, purchase.provider, payment_id)
    return owner in (None, purchase.purchase_id)
