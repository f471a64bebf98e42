"""Speaks as Stripe does: events about payments, signed by the library's own helper."""

import json
from typing import Any

import stripe

from chassis.ids import uuid7
from chassis.stripe.amounts import to_stripe
from wallet.domain.purchase import Purchase


def signature(body: bytes, secret: str, at_s: int) -> str:
    """The header `Stripe-Signature` of a body that is sent at a moment."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at_s)


def payment_intent_of(purchase: Purchase) -> str:
    """The payment that a purchase's buyer makes."""
    return purchase.payment_id or f"pi_{purchase.purchase_id.hex}"


def an_event(type: str, thing: dict[str, Any], *, event_id: str | None = None) -> bytes:  # noqa: A002
    """The body of a webhook about a thing of Stripe's."""
    return json.dumps(
        {
            "id": event_id or f"evt_{uuid7().hex}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": 1_788_220_800,
            "data": {"object": thing},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": type,
        },
        indent=2,
    ).encode()


def a_session_event(
    purchase: Purchase,
    *,
    type: str = "checkout.session.completed",  # noqa: A002 - the field's name
    event_id: str | None = None,
    **changes: object,
) -> bytes:
    """The body of a webhook that tells of a purchase's Checkout Session, under a new event id."""
    session: dict[str, Any] = {
        "id": f"cs_test_{purchase.purchase_id.hex}",
        "object": "checkout.session",
        "amount_subtotal": to_stripe(purchase.amount_minor, purchase.currency),
        "amount_total": to_stripe(purchase.amount_minor, purchase.currency),
        "client_reference_id": str(purchase.purchase_id),
        "currency": purchase.currency.lower(),
        "customer_details": {"email": "ann@example.com", "name": "Ann"},
        "metadata": {"purchase_id": str(purchase.purchase_id)},
        "mode": "payment",
        "payment_intent": payment_intent_of(purchase),
        "payment_status": "paid",
        "status": "complete",
    }
    return an_event(type, session | changes, event_id=event_id)


def a_charge_event(
    purchase: Purchase, *, refunded_minor: int, event_id: str | None = None, **changes: object
) -> bytes:
    """The body of a webhook that tells how much of a purchase's charge was refunded in all."""
    charge: dict[str, Any] = {
        "id": f"ch_{purchase.purchase_id.hex}",
        "object": "charge",
        "amount": to_stripe(purchase.amount_minor, purchase.currency),
        "amount_refunded": to_stripe(refunded_minor, purchase.currency),
        "currency": purchase.currency.lower(),
        "metadata": {"purchase_id": str(purchase.purchase_id)},
        "paid": True,
        "payment_intent": payment_intent_of(purchase),
        "refunded": refunded_minor == purchase.amount_minor,
        "status": "succeeded",
    }
    return an_event("charge.refunded", charge | changes, event_id=event_id)


def a_refund_event(
    purchase: Purchase,
    *,
    type: str = "refund.created",  # noqa: A002 - the field's name
    refund_id: str = "re_1",
    amount_minor: int,
    status: str = "succeeded",
    event_id: str | None = None,
    **changes: object,
) -> bytes:
    """The body of a webhook that tells of one refund, which names the payment alone."""
    refund: dict[str, Any] = {
        "id": refund_id,
        "object": "refund",
        "amount": to_stripe(amount_minor, purchase.currency),
        "charge": f"ch_{purchase.purchase_id.hex}",
        "currency": purchase.currency.lower(),
        "metadata": {},
        "payment_intent": payment_intent_of(purchase),
        "reason": "requested_by_customer",
        "status": status,
    }
    return an_event(type, refund | changes, event_id=event_id)


def a_dispute_event(
    purchase: Purchase,
    *,
    type: str = "charge.dispute.created",  # noqa: A002 - the field's name
    dispute_id: str = "du_1",
    status: str = "needs_response",
    fee: int | None = 1500,
    fee_currency: str = "usd",
    event_id: str | None = None,
    **changes: object,
) -> bytes:
    """The body of a webhook that tells how a dispute stands; no fee: no money has moved yet."""
    amount = to_stripe(purchase.amount_minor, purchase.currency)
    withdrawn: dict[str, Any] = {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": -amount,
        "currency": fee_currency,
        "fee": fee,
        "reporting_category": "dispute",
    }
    dispute: dict[str, Any] = {
        "id": dispute_id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [] if fee is None else [withdrawn],
        "charge": f"ch_{purchase.purchase_id.hex}",
        "currency": purchase.currency.lower(),
        "metadata": {},
        "payment_intent": payment_intent_of(purchase),
        "reason": "fraudulent",
        "status": status,
    }
    return an_event(type, dispute | changes, event_id=event_id)
