"""Let what a provider says of a payment take effect on its purchase."""

from collections.abc import Sequence
from datetime import datetime

from chassis import outbox
from chassis.db import Conn
from wallet.commands.credit_purchase import credit_purchase
from wallet.commands.settle_claims import record_claim, settle_claims
from wallet.commands.settle_event import settle_event
from wallet.domain.claims import (
    Claim,
    Disputed,
    Refund,
    Refunded,
    RefundedShare,
    Telling,
    Whole,
    claim_of,
    in_all,
)
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
    if not purchase.is_paid_by(event):
        return "mismatched"
    if payment_id is not None and not await claim_payment(conn, purchase, payment_id):
        return "mismatched"
    if event.outcome == "asked":
        assert payment_id is not None, "is_paid_by asks for it"
        asked = errand("tell_usage", purchase, payment_id, cause=event.event_id, at=at)
        await errands.insert_errand(conn, asked)
        return "applied"
    if event.claim is not None:
        return await _apply_claim(conn, purchase, event, at=at, traceparent=traceparent)
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


async def _apply_claim(
    conn: Conn, purchase: Purchase, event: PaymentEvent, *, at: datetime, traceparent: str | None
) -> EventOutcome:
    """Let what is taken back of a payment take effect, at once or when the payment arrives."""
    if _is_too_much(event.claim, purchase.amount_minor):
        return "mismatched"
    telling = await _whole(conn, purchase.provider, event)
    claim = claim_of(telling, purchase.amount_minor)
    if claim is None:
        return "ignored"
    grown = await record_claim(conn, purchase, claim, at=at)
    if isinstance(telling, Disputed) and telling.fee_minor:
        currency = telling.fee_currency or purchase.currency
        await claims.insert_fee(
            conn, purchase.purchase_id, claim.claim, telling.fee_minor, currency, at
        )
    if not purchase.is_paid:
        return "parked"
    if not grown:
        again = isinstance(telling, RefundedShare) and await _is_given_up(conn, purchase, claim)
        return "mismatched" if again else "ignored"
    actor = f"provider:{purchase.provider}"
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


def _is_too_much(telling: Telling | None, paid_minor: int) -> bool:
    """Whether more would be given back than there ever was.

    Refunds that are told one by one may be so together, since those that failed count too.
    """
    match telling:
        case Refunded():
            return max(telling.refunded_minor, telling.returned_minor) > paid_minor
        case Refund():
            return telling.amount_minor > paid_minor
        case _:
            return False


async def _whole(conn: Conn, provider: str, event: PaymentEvent) -> Whole:
    """What an event says, together with what was told of the same before."""
    assert event.claim is not None, "the caller has looked"
    if not isinstance(event.claim, Refund):
        return event.claim
    assert event.payment_id is not None, "is_paid_by asks for it"
    told = await provider_events.select_claims_told(conn, provider, event.payment_id)
    return in_all([event.claim, *(each for each in told if isinstance(each, Refund))])


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
                outcome = await _apply_claim(conn, purchase, event, at=at, traceparent=None)
        if outcome == "parked":
            recorded.append(event)
        else:
            await settle_event(conn, purchase.provider, event.event_id, outcome, at=at)
    return recorded


async def _explain_parked(
    conn: Conn, purchase: Purchase, waiting: Sequence[PaymentEvent], at: datetime
) -> None:
    """Claims that came before their payment have taken effect with it."""
    parked = await provider_events.select_parked(conn, purchase.provider, str(purchase.purchase_id))
    for event in (*parked, *waiting):
        if event.claim is not None and purchase.is_paid_by(event):
            await settle_event(conn, purchase.provider, event.event_id, "applied", at=at)


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
            await settle_event(conn, purchase.provider, event.event_id, outcome, at=at)


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
