"""Take a receipt that a buyer's app was given by its store."""

import hashlib
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from chassis.db import Conn
from wallet.commands.apply_payment import apply_payment, claim_payment
from wallet.commands.settle_events import settle_events
from wallet.domain.purchase import PaymentEvent, Purchase, PurchaseUnknownError
from wallet.store import errands, provider_events, purchases
from wallet.store.provider_events import EventOutcome

type ReceiptVerdict = Literal["confirmed", "pending", "revoked", "taken", "mismatched"]
"""`confirmed`: it pays for the purchase, now or since before. `pending`: the store does not have
the money yet. `revoked`: it gave the money back before anything was credited. `taken`: it pays for
another purchase (E21). `mismatched`: something else was bought than was ordered."""


class ShownReceipt(NamedTuple):
    """A receipt that a buyer shows for a purchase."""

    purchase_id: UUID
    user_id: str
    provider: str
    receipt: str
    consents: bool
    """Whether the buyer agrees that the store is told how far the coins were used."""


class Confirmed(NamedTuple):
    """What came of a receipt, and the purchase as it is then."""

    verdict: ReceiptVerdict
    purchase: Purchase


async def confirm_purchase(
    conn: Conn,
    shown: ShownReceipt,
    payment: PaymentEvent,
    *,
    at: datetime,
    traceparent: str | None = None,
) -> Confirmed:
    """Credit a purchase by its receipt, once, however often and by whomever it is shown.

    A payment pays for the purchase that the store says it is for, or, where the store does not say,
    for the first for which it was shown. Whoever shows it for another is refused, the receipt kept
    and an alarm raised. A receipt says what was paid once: it never takes back what was told since
    (a refund stays a refund).

    Locks: the reference, the purchase, the payment, the account.

    Args:
        conn: An open transaction; it commits refusals too.
        shown: By whom and for what.
        payment: What the receipt says, by the word of the store.
        at: Now.
        traceparent: The trace that events carry on.

    Raises:
        PurchaseUnknownError: The buyer has no such purchase with that provider.
    """
    await provider_events.lock_references(conn, [str(shown.purchase_id)])
    purchase = await purchases.lock_purchase(conn, shown.purchase_id)
    if purchase is None or (purchase.user_id, purchase.provider) != (
        shown.user_id,
        shown.provider,
    ):
        raise PurchaseUnknownError
    verdict = await _judge(conn, shown, purchase, payment, at=at, traceparent=traceparent)
    if verdict in ("confirmed", "pending"):
        await errands.upsert_consent(
            conn, purchase.purchase_id, consents=shown.consents, said_at=at
        )
    now = await purchases.find_purchase(conn, purchase.purchase_id)
    assert now is not None, "purchases are never deleted"
    return Confirmed(verdict, now)


async def _judge(
    conn: Conn,
    shown: ShownReceipt,
    purchase: Purchase,
    payment: PaymentEvent,
    *,
    at: datetime,
    traceparent: str | None,
) -> ReceiptVerdict:
    assert payment.payment_id is not None, "a receipt is of a payment"
    if purchase.paid_at is not None and purchase.payment_id == payment.payment_id:
        return "confirmed"
    outcome: EventOutcome
    if payment.reference not in (None, str(purchase.purchase_id)) or not await claim_payment(
        conn, purchase, payment.payment_id
    ):
        verdict, outcome = "taken", "taken"
    elif not purchase.is_paid_by(payment):
        verdict, outcome = "mismatched", "mismatched"
    elif payment.outcome == "noted":
        return "pending"
    elif payment.outcome != "succeeded":
        return "revoked"
    else:
        verdict, outcome = "confirmed", "applied"
    # Named by what it is shown for: a store's own events about the payment have names of their own.
    digest = hashlib.sha256(payment.payment_id.encode()).hexdigest()
    event = payment._replace(event_id=f"receipt:{purchase.purchase_id}:{digest}", type="receipt")
    first = await provider_events.insert_events(conn, purchase.provider, [(event, outcome)], at)
    if first:
        body = shown.receipt.encode()
        await provider_events.insert_deliveries(
            conn, purchase.provider, [(event.event_id, body)], at
        )
        if verdict == "confirmed":
            outcome = await apply_payment(conn, purchase, event, at=at, traceparent=traceparent)
        await settle_events(conn, purchase.provider, {event.event_id: outcome}, at=at)
    return verdict
