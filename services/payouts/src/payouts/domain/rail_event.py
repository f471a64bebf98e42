"""What a rail tells by webhooks: that there is something to look at, and where."""

from typing import Literal, NamedTuple

type About = Literal["account", "order"]
type EventOutcome = Literal["applied", "parked", "unknown_type", "malformed", "contradicted"]
"""What came of an event: `applied` where what it names is looked at anew, `parked` where nobody
knows what it names."""
type DeliveryOutcome = EventOutcome | Literal["repeated"]


class RailEvent(NamedTuple):
    """An event, without what it says of anybody."""

    event_id: str
    type: str
    about: About | None
    """None where the type is not known."""
    subject: str | None
    """An account's digest or an order's key; None where it names none of ours."""


def unreadable(event_id: str) -> RailEvent:
    """What is kept of an authentic delivery that nobody could read."""
    return RailEvent(event_id, "unreadable", None, None)
