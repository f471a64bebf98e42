"""Take in what a rail tells by a webhook: keep it, and look at once at what it names."""

from datetime import datetime

from chassis.db import Conn
from payouts.domain.rail_event import DeliveryOutcome, EventOutcome, RailEvent
from payouts.store import hosted_accounts, rail_events, rail_watches


async def take_rail_event(
    conn: Conn, rail: str, event: RailEvent, *, malformed: bool, at: datetime
) -> DeliveryOutcome:
    """Keep an authentic event once, in the commit of its effect.

    An event changes nothing but when the rail is asked. So it does not matter in which order events
    come, how often, or how old what they say is; and one that never comes only costs time.

    Locks: the subject, the event, the account or the order.
    """
    if event.subject is not None:
        await rail_events.lock_subject(conn, rail, event.subject)
    if (known := await rail_events.find_event(conn, rail, event.event_id)) is not None:
        return await _come_again(conn, rail, event, known)
    outcome = "malformed" if malformed else await _wake(conn, rail, event, at)
    if not await rail_events.insert_event(conn, rail, event, outcome, at=at):
        # Under another subject a moment ago, whose lock is not ours.
        known = await rail_events.find_event(conn, rail, event.event_id)
        assert known is not None, "events are never deleted"
        return await _come_again(conn, rail, event, known)
    return outcome


async def _wake(conn: Conn, rail: str, event: RailEvent, at: datetime) -> EventOutcome:
    if event.about is None:
        return "unknown_type"
    if event.subject is None:
        return "parked"
    if event.about == "account":
        is_known = await hosted_accounts.wake_hosted_account(conn, rail, event.subject, at=at)
    else:
        is_known = await rail_watches.wake_watch(conn, rail, event.subject, at=at)
    return "applied" if is_known else "parked"


async def _come_again(conn: Conn, rail: str, event: RailEvent, known: RailEvent) -> DeliveryOutcome:
    """A retry says the same again. Anything else under a used id has no effect: look at it."""
    if known == event:
        return "repeated"
    await rail_events.update_contradicted(conn, rail, event.event_id)
    return "contradicted"
