"""What providers have told: deliveries, events, and alarms about them."""

from datetime import datetime
from typing import Literal

import msgspec

from chassis import sql
from chassis.db import Conn, Record
from wallet.domain.claims import Telling
from wallet.domain.purchase import PaymentEvent

STATEMENTS = sql.load("wallet.store", "provider_events.sql")

_read_claim: msgspec.json.Decoder[Telling] = msgspec.json.Decoder(Telling)

type EventOutcome = Literal[
    "applied", "ignored", "parked", "mismatched", "taken", "unknown_type", "malformed"
]


async def lock_reference(conn: Conn, reference: str) -> None:
    """Keep whoever else deals with this reference out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_reference"], reference)


async def insert_delivery(
    conn: Conn, provider: str, event_id: str, body: bytes, received_at: datetime
) -> None:
    """Keep a delivery as it came."""
    await conn.execute(STATEMENTS["insert_delivery"], provider, event_id, body, received_at)


async def insert_event(
    conn: Conn, provider: str, event: PaymentEvent, outcome: EventOutcome, received_at: datetime
) -> bool:
    """Add an event; False where it was delivered before."""
    added = await conn.fetchval(
        STATEMENTS["insert_event"],
        provider,
        event.event_id,
        event.type,
        event.outcome,
        event.payment_id,
        event.reference,
        event.amount_minor,
        event.currency,
        None if event.claim is None else msgspec.json.encode(event.claim).decode(),
        event.bundle_id,
        event.quantity,
        outcome,
        received_at,
    )
    return added is not None


async def find_event(conn: Conn, provider: str, event_id: str) -> PaymentEvent | None:
    """The event of that id, as it was when it came first."""
    row = await conn.fetchrow(STATEMENTS["find_event"], provider, event_id)
    return None if row is None else _event(row)


async def update_outcome(conn: Conn, provider: str, event_id: str, outcome: EventOutcome) -> None:
    """Say what came of an event."""
    await conn.execute(STATEMENTS["update_outcome"], provider, event_id, outcome)


async def select_parked(conn: Conn, provider: str, reference: str) -> list[PaymentEvent]:
    """Events that wait for the purchase `reference`, oldest first, locked."""
    rows = await conn.fetch(STATEMENTS["select_parked"], provider, reference)
    return [_event(row) for row in rows]


async def select_waiting(conn: Conn, provider: str, payment_id: str) -> list[PaymentEvent]:
    """What named a payment that no purchase had when it came, oldest first, locked."""
    rows = await conn.fetch(STATEMENTS["select_waiting"], provider, payment_id)
    return [_event(row) for row in rows]


async def select_claims_told(conn: Conn, provider: str, payment_id: str) -> list[Telling]:
    """What was told of a payment's way back, in no order."""
    rows = await conn.fetch(STATEMENTS["select_claims_told"], provider, payment_id)
    return [_read_claim.decode(row["claim"]) for row in rows]


def _event(row: Record) -> PaymentEvent:
    event = PaymentEvent(*row)
    if row["claim"] is None:
        return event
    return event._replace(claim=_read_claim.decode(row["claim"]))


async def raise_alarm(
    conn: Conn, provider: str, event_id: str, reason: str, raised_at: datetime
) -> None:
    """Ask a person to look at an event."""
    await conn.execute(STATEMENTS["raise_alarm"], provider, event_id, reason, raised_at)


async def resolve_alarm(conn: Conn, provider: str, event_id: str, resolved_at: datetime) -> None:
    """The event explained itself."""
    await conn.execute(STATEMENTS["resolve_alarm"], provider, event_id, resolved_at)


async def count_open_alarms(conn: Conn, provider: str) -> int:
    """Events of the provider that a person has yet to look at."""
    return await conn.fetchval(STATEMENTS["count_open_alarms"], provider) or 0
