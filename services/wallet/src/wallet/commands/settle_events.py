"""Write down what came of a provider's events, and ask for a person's look where one is due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from chassis.db import Conn
from wallet.domain.purchase import PaymentEvent
from wallet.store import provider_events
from wallet.store.provider_events import EventOutcome

type DeliveryOutcome = EventOutcome | Literal["repeated", "contradicted"]
"""What came of a delivery: that of its event, or that the event had been delivered before, in the
same words (`repeated`) or in others (`contradicted`)."""

ALARMS: Final[Mapping[DeliveryOutcome, str]] = MappingProxyType(
    {
        "parked": "a payment that is not expected, or money back of one that has not arrived",
        "mismatched": "a payment of another amount, currency or purchase than was ordered",
        "taken": "a receipt that pays for another purchase was shown for this one",
        "unknown_type": "an event of a type that is not known",
        "malformed": "an authentic event that does not have the form agreed on",
        "contradicted": "an event that came before and said something else then",
    }
)
"""Outcomes that a person must look at, and why: never passed over in silence (E08)."""


async def keep_events(
    conn: Conn,
    provider: str,
    outcomes: Sequence[tuple[PaymentEvent, EventOutcome]],
    *,
    at: datetime,
) -> None:
    """Write down events with what came of them, and raise the alarms that are due.

    Args:
        conn: An open transaction that holds the events' locks: they have not come before.
        provider: Whose events they are.
        outcomes: Each event once.
        at: When.
    """
    are_new = await provider_events.insert_events(conn, provider, outcomes, at)
    assert are_new, "the events' locks keep others out"
    await _raise_alarms(conn, provider, {event.event_id: each for event, each in outcomes}, at)


async def settle_events(
    conn: Conn, provider: str, outcomes: Mapping[str, EventOutcome], *, at: datetime
) -> None:
    """Note what came of events; alarms are raised, or resolved where an event explained itself.

    Args:
        conn: An open transaction.
        provider: Whose events they are.
        outcomes: By the provider's own id of the event.
        at: When.
    """
    await provider_events.update_outcomes(conn, provider, outcomes)
    quiet = [event_id for event_id, outcome in outcomes.items() if outcome not in ALARMS]
    if quiet:
        await provider_events.resolve_alarms(conn, provider, quiet, at)
    await _raise_alarms(conn, provider, outcomes, at)


async def _raise_alarms(
    conn: Conn, provider: str, outcomes: Mapping[str, EventOutcome], at: datetime
) -> None:
    for event_id, outcome in outcomes.items():
        if outcome in ALARMS:
            await provider_events.raise_alarm(conn, provider, event_id, ALARMS[outcome], at)
