"""Write down what came of a provider's event, and ask for a person's look where one is due."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from chassis.db import Conn
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


async def settle_event(
    conn: Conn, provider: str, event_id: str, outcome: EventOutcome, *, at: datetime
) -> None:
    """Note what came of an event; its alarm is raised, or resolved where it explained itself.

    Args:
        conn: An open transaction.
        provider: Whose event it is.
        event_id: The provider's own.
        outcome: What came of it.
        at: When.
    """
    await provider_events.update_outcome(conn, provider, event_id, outcome)
    if (reason := ALARMS.get(outcome)) is None:
        await provider_events.resolve_alarm(conn, provider, event_id, at)
    else:
        await provider_events.raise_alarm(conn, provider, event_id, reason, at)
