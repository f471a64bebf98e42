"""Every contract module, imported: what `declared()` then knows is all there is."""

from contracts.dead_letter import v1 as dead_letter_v1
from contracts.event import EventType, Topic, declared
from contracts.gifts import fans as gifts_fans
from contracts.gifts import live as gifts_live
from contracts.gifts import v1 as gifts_v1
from contracts.payouts import v1 as payouts_v1
from contracts.wallet import v1 as wallet_v1

__all__ = [
    "dead_letter_v1",
    "events",
    "gifts_fans",
    "gifts_live",
    "gifts_v1",
    "payouts_v1",
    "topics",
    "wallet_v1",
]


def events() -> tuple[EventType, ...]:
    """All events of all services."""
    return declared()


def topics() -> tuple[Topic, ...]:
    """All topics, each once."""
    return tuple(dict.fromkeys(registered.topic for registered in declared()))
