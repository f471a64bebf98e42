"""What providers have told: deliveries, events, and alarms about them."""

from collections.abc import Collection, Mapping, Sequence
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


async def lock_references(conn: Conn, references: Collection[str]) -> None:
    """Keep whoever else deals with these references out until the transaction ends."""
    await lock_told(conn, references, provider="", event_ids=())


async def lock_told(
    conn: Conn, references: Collection[str], provider: str, event_ids: Collection[str]
) -> None:
    """The same, and keep out who takes in any of these events of the provider."""
    await conn.execute(STATEMENTS["lock_told"], references, provider, event_ids)


async def insert_deliveries(
    conn: Conn, provider: str, bodies: Sequence[tuple[str, bytes]], received_at: datetime
) -> None:
    """Keep deliveries as they came, each with the id of its event."""
    await conn.execute(
        STATEMENTS["insert_deliveries"],
        provider,
        [event_id for event_id, _ in bodies],
        [body for _, body in bodies],
        received_at,
    )


async def insert_events(
    conn: Conn,
    provider: str,
    outcomes: Sequence[tuple[PaymentEvent, EventOutcome]],
    received_at: datetime,
) -> bool:
    """Add events, each id once, with what came of them; those that are there stay as they are.

    Returns:
        Whether none was there.
    """
    events = [event for event, _ in outcomes]
    done = await conn.execute(
        STATEMENTS["insert_events"],
        provider,
        [event.event_id for event in events],
        [event.type for event in events],
        [event.outcome for event in events],
        [event.payment_id for event in events],
        [event.reference for event in events],
        [event.amount_minor for event in events],
        [event.currency for event in events],
        [_written(event.claim) for event in events],
        [event.bundle_id for event in events],
        [event.quantity for event in events],
        [outcome for _, outcome in outcomes],
        received_at,
    )
    return done == f"INSERT 0 {len(outcomes)}"


def _written(claim: Telling | None) -> str | None:
    return None if claim is None else msgspec.json.encode(claim).decode()


async def select_events(
    conn: Conn, provider: str, event_ids: Collection[str]
) -> dict[str, PaymentEvent]:
    """Events by id, as they were when they came first; those that did not come are left out."""
    rows = await conn.fetch(STATEMENTS["select_events"], provider, event_ids)
    return {row["event_id"]: _event(row) for row in rows}


async def update_outcomes(conn: Conn, provider: str, outcomes: Mapping[str, EventOutcome]) -> None:
    """Say what came of events."""
    await conn.execute(
        STATEMENTS["update_outcomes"], provider, list(outcomes), list(outcomes.values())
    )


async def select_parked(conn: Conn, provider: str, reference: str) -> list[PaymentEvent]:
    """Events that wait for the purchase `reference`, oldest first, locked."""
    rows = await conn.fetch(STATEMENTS["select_parked"], provider, reference)
    return [_event(row) for row in rows]


async def select_waiting(conn: Conn, provider: str, payment_id: str) -> list[PaymentEvent]:
    """What named a payment that no purchase had when it came, oldest first, locked."""
    rows = await conn.fetch(STATEMENTS["select_waiting"], provider, payment_id)
    return [_event(row) for row in rows]


async def select_claims_told(
    conn: Conn, provider: str, payment_ids: Sequence[str]
) -> dict[str, list[Telling]]:
    """What was told of payments' ways back, in no order."""
    told: dict[str, list[Telling]] = {payment_id: [] for payment_id in payment_ids}
    for row in await conn.fetch(STATEMENTS["select_claims_told"], provider, payment_ids):
        told[row["payment_id"]].append(_read_claim.decode(row["claim"]))
    return told


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


async def resolve_alarms(
    conn: Conn, provider: str, event_ids: Sequence[str], resolved_at: datetime
) -> None:
    """These events explained themselves."""
    await conn.execute(STATEMENTS["resolve_alarms"], provider, event_ids, resolved_at)


async def count_open_alarms(conn: Conn, provider: str) -> int:
    """Events of the provider that a person has yet to look at."""
    return await conn.fetchval(STATEMENTS["count_open_alarms"], provider) or 0
