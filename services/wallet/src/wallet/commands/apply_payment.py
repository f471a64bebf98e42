"""Let what a provider says of a payment take effect on its purchase."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import Conn
from wallet.commands.apply_claims import Claimed, apply_claims
from wallet.commands.credit_purchase import credit_purchase
from wallet.commands.settle_events import settle_events
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
    than once (E17, E20). `parked`: it takes back a payment that has not arrived, and will when it
    does (E11). `mismatched`: the event is not about what was ordered; nothing moved.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: As the row is.
        event: Of the purchase's own provider, its signature checked.
        at: When it arrived.
        traceparent: The trace that events carry on.
    """
    if event.claim is not None:
        (outcome,) = await apply_claims(conn, [Claimed(purchase, event, traceparent)], at=at)
        return outcome
    payment_id = event.payment_id
    if not purchase.is_paid_by(event):
        return "mismatched"
    if payment_id is not None and not await claim_payment(conn, purchase, payment_id):
        return "mismatched"
    if event.outcome == "asked":
        assert payment_id is not None, "is_paid_by asks for it"
        asked = errand("tell_usage", purchase, payment_id, cause=event.event_id, at=at)
        await errands.insert_errand(conn, asked)
        return "applied"
    if purchase.is_paid:
        return "ignored"
    if event.outcome == "succeeded":
        assert payment_id is not None, "is_paid_by asks for it"
        waiting = await _record_waiting(conn, purchase, payment_id, at=at)
        await credit_purchase(conn, purchase, payment_id=payment_id, at=at, traceparent=traceparent)
        await _explain_parked(conn, purchase, waiting, at)
        await _serve_store(conn, purchase, payment_id, waiting, at=at, traceparent=traceparent)
        return "applied"
    if purchase.status == "DECLINED":
        return "ignored"
    await purchases.update_to_declined(conn, purchase.purchase_id, payment_id=payment_id)
    return "applied"


async def _record_waiting(
    conn: Conn, purchase: Purchase, payment_id: str, *, at: datetime
) -> Sequence[PaymentEvent]:
    """What named the payment before anybody knew whose it was; it waits no longer (E11).

    Claims are recorded. What is none of this purchase's is marked so, and left out of what is
    returned.
    """
    recorded: list[PaymentEvent] = []
    for event in await provider_events.select_waiting(conn, purchase.provider, payment_id):
        outcome: EventOutcome = "mismatched"
        if purchase.is_paid_by(event):
            outcome = "parked"
            if event.claim is not None:
                (outcome,) = await apply_claims(conn, [Claimed(purchase, event)], at=at)
        if outcome == "parked":
            recorded.append(event)
        else:
            await settle_events(conn, purchase.provider, {event.event_id: outcome}, at=at)
    return recorded


async def _explain_parked(
    conn: Conn, purchase: Purchase, waiting: Sequence[PaymentEvent], at: datetime
) -> None:
    """Claims that came before their payment have taken effect with it."""
    parked = await provider_events.select_parked(conn, purchase.provider, str(purchase.purchase_id))
    for event in (*parked, *waiting):
        if event.claim is not None and purchase.is_paid_by(event):
            await settle_events(conn, purchase.provider, {event.event_id: "applied"}, at=at)


async def _serve_store(
    conn: Conn,
    purchase: Purchase,
    payment_id: str,
    waiting: Sequence[PaymentEvent],
    *,
    at: datetime,
    traceparent: str | None,
) -> None:
    """Promise the store what it waits for, and apply what else it told of the payment before."""
    if purchase.provider in CONSUMES:
        wanted = errand("consume", purchase, payment_id, cause=str(purchase.purchase_id), at=at)
        await errands.insert_errand(conn, wanted)
    for event in waiting:
        if event.claim is None:
            paid = await purchases.lock_purchase(conn, purchase.purchase_id)
            assert paid is not None, "paid above"
            outcome = await apply_payment(conn, paid, event, at=at, traceparent=traceparent)
            await settle_events(conn, purchase.provider, {event.event_id: outcome}, at=at)


async def claim_payment(conn: Conn, purchase: Purchase, payment_id: str) -> bool:
    """Whether a payment may be this purchase's: it is no other's, and cannot become so meanwhile.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: Whose it would be.
        payment_id: The provider's own.
    """
    await purchases.lock_payments(conn, purchase.provider, [payment_id])
    owners = await purchases.select_purchases_of_payments(conn, purchase.provider, [payment_id])
    return owners.get(payment_id) in (None, purchase.purchase_id)
