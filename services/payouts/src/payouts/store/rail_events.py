"""What rails have told by webhooks, as it lies in the database."""

from datetime import datetime

from chassis import sql
from chassis.db import Conn
from payouts.domain.rail_event import EventOutcome, RailEvent

STATEMENTS = sql.load("payouts.store", "rail_events.sql")


async def insert_event(
    conn: Conn, rail: str, event: RailEvent, outcome: EventOutcome, *, at: datetime
) -> bool:
    """Keep an event; False where it was delivered before."""
    added = await conn.fetchval(STATEMENTS["insert_event"], rail, *event, outcome, at)
    return added is not None


async def find_event(conn: Conn, rail: str, event_id: str) -> RailEvent | None:
    """The event of that id, as it was when it came first."""
    row = await conn.fetchrow(STATEMENTS["find_event"], rail, event_id)
    return None if row is None else RailEvent(*row)


async def update_contradicted(conn: Conn, rail: str, event_id: str) -> None:
    """Ask a person to look at an event that came again in other words."""
    await conn.execute(STATEMENTS["update_contradicted"], rail, event_id)


async def lock_subject(conn: Conn, rail: str, subject: str) -> None:
    """Keep whoever else deals with this subject out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_subject"], rail, subject)


async def resolve_parked(conn: Conn, rail: str, subject: str, *, at: datetime) -> None:
    """What was told of the subject before it was known has explained itself."""
    await conn.execute(STATEMENTS["resolve_parked"], rail, subject, at)


async def count_open_events(conn: Conn, rail: str) -> int:
    """Events that a person has yet to look at."""
    return await conn.fetchval(STATEMENTS["count_open_events"], rail) or 0
