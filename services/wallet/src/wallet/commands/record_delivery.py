"""Take in what a payment provider delivers: keep it, apply it once, raise what is odd."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from chassis.db import Conn
from wallet.commands.apply_payment import apply_payment
from wallet.domain.purchase import PaymentEvent
from wallet.store import provider_events, purchases
from wallet.store.provider_events import EventOutcome

type DeliveryOutcome = EventOutcome | Literal["repeated"]

_ALARMS: Final = {
    "parked": "a payment for a purchase that is not known",
    "mismatched": "a payment of another amount, currency or purchase than was ordered",
    "unknown_type": "an event of a type that is not known",
    "malformed": "an authentic event that does not have the form agreed on",
}


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

    Locks: the reference, the event, the purchase, the account.

    Args:
        conn: An open transaction.
        provider: Who delivers.
        event: What the body says.
        body: As it came.
        at: When it came.
        traceparent: The trace that events carry on.
        malformed: Whether the body could not be read.
    """
    if event.reference is not None:
        await provider_events.lock_reference(conn, event.reference)
    await provider_events.insert_delivery(conn, provider, event.event_id, body, at)
    first = await provider_events.insert_event(conn, provider, event, "ignored", at)
    if not first:
        return "repeated"
    outcome: EventOutcome
    if malformed:
        outcome = "malformed"
    elif event.outcome is None:
        outcome = "unknown_type"
    else:
        outcome = await _apply(conn, provider, event, at, traceparent)
    await provider_events.update_outcome(conn, provider, event.event_id, outcome)
    if (reason := _ALARMS.get(outcome)) is not None:
        await provider_events.insert_alarm(conn, provider, event.event_id, reason, at)
    return outcome


async def _apply(
    conn: Conn, provider: str, event: PaymentEvent, at: datetime, traceparent: str | None
) -> EventOutcome:
    purchase_id = _uuid(event.reference)
    if purchase_id is None:
        return "mismatched"
    purchase = await purchases.lock_purchase(conn, purchase_id)
    if purchase is None:
        return "parked"
    if purchase.provider != provider:
        return "mismatched"
    return await apply_payment(conn, purchase, event, at=at, traceparent=traceparent)


def _uuid(reference: str | None) -> UUID | None:
    try:
        return UUID(reference or "")
    except ValueError:
        return None
