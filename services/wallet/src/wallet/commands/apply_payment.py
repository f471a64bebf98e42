"""Let what a provider says of a payment take effect on its purchase."""

from datetime import datetime

from chassis import outbox
from chassis.db import Conn
from wallet.commands.credit_purchase import credit_purchase
from wallet.commands.settle_claims import Actor, record_claim, settle_claims
from wallet.commands.settle_event import settle_event
from wallet.domain.claims import Claim, Disputed, RefundedShare, Telling, claim_of
from wallet.domain.errands import CONSUMES, errand
from wallet.domain.purchase import PaymentEvent, Purchase
from wallet.store import claims, errands, provider_events, purchases
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
    payment_id = event.payment_id
    if payment_id is None or not purchase.is_paid_by(event):
        return "mismatched"
    if not await claim_payment(conn, purchase, payment_id):
        return "mismatched"
    if event.outcome == "asked":
        asked = errand("tell_usage", purchase, payment_id, cause=event.event_id, at=at)
        await errands.insert_errand(conn, asked)
        return "applied"
    if event.claim is not None:
        return await _apply_claim(conn, purchase, event.claim, at=at, traceparent=traceparent)
    if purchase.is_paid:
        return "ignored"
    if event.outcome == "succeeded":
        await credit_purchase(conn, purchase, payment_id=payment_id, at=at, traceparent=traceparent)
        await _explain_parked(conn, purchase, at)
        await _serve_store(conn, purchase, payment_id, at=at, traceparent=traceparent)
        return "applied"
    if purchase.status == "DECLINED":
        return "ignored"
    await purchases.update_to_declined(conn, purchase.purchase_id, payment_id=payment_id)
    return "applied"


async def _apply_claim(
    conn: Conn, purchase: Purchase, telling: Telling, *, at: datetime, traceparent: str | None
) -> EventOutcome:
    """Let what is taken back of a payment take effect, at once or when the payment arrives."""
    claim = claim_of(telling, purchase.amount_minor)
    if claim is None:
        return "ignored"
    if claim.kind == "refund" and claim.claimed_minor > purchase.amount_minor:
        return "mismatched"
    grown = await record_claim(conn, purchase, claim, at=at)
    if isinstance(telling, Disputed) and telling.fee_minor:
        await claims.insert_fee(
            conn, purchase.purchase_id, claim.claim, telling.fee_minor, purchase.currency, at
        )
    if not purchase.is_paid:
        return "parked"
    if not grown:
        again = isinstance(telling, RefundedShare) and await _is_given_up(conn, purchase, claim)
        return "mismatched" if again else "ignored"
    actor = Actor(f"provider:{purchase.provider}")
    events = await settle_claims(conn, purchase, actor=actor, at=at)
    if events:
        await outbox.record(conn, *events, traceparent=traceparent)
    return "applied"


async def _is_given_up(conn: Conn, purchase: Purchase, told: Claim) -> bool:
    """Whether money is claimed that had come back already.

    A store tells states, not totals: an old refund that was overtaken by its own reversal looks
    like a new one after it. A person must say which it is.
    """
    known = await claims.select_claims(conn, purchase.purchase_id)
    return bool(told.net_minor) and not any(
        each.claim.net_minor for each in known if each.claim.claim == told.claim
    )


async def _explain_parked(conn: Conn, purchase: Purchase, at: datetime) -> None:
    """Claims that came before their payment have taken effect with it."""
    for event in await provider_events.select_parked(
        conn, purchase.provider, str(purchase.purchase_id)
    ):
        if event.claim is not None and purchase.is_paid_by(event):
            await settle_event(conn, purchase.provider, event.event_id, "applied", at=at)


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
