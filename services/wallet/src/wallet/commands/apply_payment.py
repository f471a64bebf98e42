"""Let what a provider says of a payment take effect on its purchase."""

from datetime import datetime

from chassis.db import Conn
from wallet.commands.credit_purchase import credit_purchase
from wallet.commands.settle_event import settle_event
from wallet.domain.errands import CONSUMES, errand
from wallet.domain.purchase import PaymentEvent, Purchase
from wallet.store import errands, provider_events, purchases
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
    if payment_id is None or not purchase.is_paid_by(event):
        return "mismatched"
    if not await claim_payment(conn, purchase, payment_id):
        return "mismatched"
    if event.outcome == "asked":
        asked = errand("tell_usage", purchase, payment_id, cause=event.event_id, at=at)
        await errands.insert_errand(conn, asked)
        return "applied"
    if purchase.status in ("PAID", "CREDITED"):
        return "ignored"
    if event.outcome == "succeeded":
        await credit_purchase(conn, purchase, payment_id=payment_id, at=at, traceparent=traceparent)
        await _serve_store(conn, purchase, payment_id, at=at, traceparent=traceparent)
        return "applied"
    if purchase.status == "DECLINED":
        return "ignored"
    await purchases.update_to_declined(conn, purchase.purchase_id, payment_id=payment_id)
    return "applied"


async def _serve_store(
    conn: Conn, purchase: Purchase, payment_id: str, *, at: datetime, traceparent: str | None
) -> None:
    """Promise the store what it waits for, and apply what it has told of the payment before."""
    if purchase.provider in CONSUMES:
        wanted = errand("consume", purchase, payment_id, cause=str(purchase.purchase_id), at=at)
        await errands.insert_errand(conn, wanted)
    for event in await provider_events.select_parked_of_payment(
        conn, purchase.provider, payment_id
    ):
        paid = await purchases.lock_purchase(conn, purchase.purchase_id)
        assert paid is not None, "paid above"
        outcome = await apply_payment(conn, paid, event, at=at, traceparent=traceparent)
        await settle_event(conn, purchase.provider, event.event_id, outcome, at=at)


async def lock_purchase_of_payment(conn: Conn, provider: str, payment_id: str) -> Purchase | None:
    """The purchase that a payment paid, with its row locked.

    Where there is none the payment stays locked: whoever claims it afterwards finds what this
    transaction leaves behind.
    """
    owner = await purchases.find_purchase_of_payment(conn, provider, payment_id)
    if owner is None:
        await purchases.lock_payment(conn, provider, payment_id)
        owner = await purchases.find_purchase_of_payment(conn, provider, payment_id)
    return None if owner is None else await purchases.lock_purchase(conn, owner)


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
