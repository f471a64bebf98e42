"""Take in what a payment provider delivers: keep it, apply it once, raise what is odd."""

from datetime import datetime

from chassis.db import Conn
from wallet.commands.apply_payment import apply_payment
from wallet.commands.settle_event import ALARMS, DeliveryOutcome, settle_event
from wallet.domain.purchase import PaymentEvent, purchase_id_of
from wallet.store import provider_events, purchases
from wallet.store.provider_events import EventOutcome


async def record_delivery(
    conn: Conn,
    provider: str,
    event: PaymentEvent,
    body: bytes,
    *,
    at: datetime,
    traceparent: str | None = None,
    malformed: bool = False,
) -> DeliveryOutcome:
    """Keep an authentic delivery and let its event take effect, in one transaction (E18).

    Each event has its effect once, and each payment too, whatever events tell of it (E17). What we
    cannot match or understand is kept and raised as an alarm, never passed over (E08); a payment
    that came before its purchase is parked until that is there.

    What is taken back, and what a store sold, may be told of a payment without naming the purchase:
    it is then that of the purchase which the payment paid, and parked until there is one (E11).

    Locks: the reference, the event, the purchase, the payment, the account. Before them, where a
    payment alone is named that no purchase has yet, the payment.

    Args:
        conn: An open transaction.
        provider: Who delivers.
        event: What the body says.
        body: As it came.
        at: When it came.
        traceparent: The trace that events carry on.
        malformed: Whether the body could not be read.
    """
    reference = await _reference(conn, provider, event)
    if reference is not None:
        await provider_events.lock_reference(conn, reference)
    await provider_events.insert_delivery(conn, provider, event.event_id, body, at)
    # Its outcome is not known yet; nobody sees the row before this transaction has said it.
    first = await provider_events.insert_event(conn, provider, event, "ignored", at)
    if not first:
        return await _come_again(conn, provider, event, at)
    outcome: EventOutcome
    if malformed:
        outcome = "malformed"
    elif event.outcome is None:
        outcome = "unknown_type"
    elif event.outcome == "noted":
        outcome = "ignored"
    else:
        outcome = await _apply(conn, provider, event, reference, at, traceparent)
    await settle_event(conn, provider, event.event_id, outcome, at=at)
    return outcome


async def _come_again(
    conn: Conn, provider: str, event: PaymentEvent, at: datetime
) -> DeliveryOutcome:
    """A retry says the same again. Anything else under a used id has no effect: look at it."""
    if await provider_events.find_event(conn, provider, event.event_id) == event:
        return "repeated"
    reason = ALARMS["contradicted"]
    await provider_events.raise_alarm(conn, provider, event.event_id, reason, at)
    return "contradicted"


async def _reference(conn: Conn, provider: str, event: PaymentEvent) -> str | None:
    """The purchase that an event is about: the one that it names, or that its payment paid."""
    if event.payment_id is None or not event.names_payment_alone:
        return event.reference
    paid = await purchases.find_purchase_of_payment(conn, provider, event.payment_id)
    if paid is None:
        # The payment may be credited at this moment: it takes the same lock, and then looks for
        # what waits for it. Whoever comes second sees the other.
        await purchases.lock_payment(conn, provider, event.payment_id)
        paid = await purchases.find_purchase_of_payment(conn, provider, event.payment_id)
    return None if paid is None else str(paid)


async def _apply(
    conn: Conn,
    provider: str,
    event: PaymentEvent,
    reference: str | None,
    at: datetime,
    traceparent: str | None,
) -> EventOutcome:
    if reference is None and event.names_payment_alone:
        return "parked"
    purchase_id = purchase_id_of(reference)
    if purchase_id is None:
        return "mismatched"
    purchase = await purchases.lock_purchase(conn, purchase_id)
    if purchase is None:
        return "parked"
    if purchase.provider != provider:
        return "mismatched"
    return await apply_payment(conn, purchase, event, at=at, traceparent=traceparent)
