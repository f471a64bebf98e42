"""What makes a struct an event: its topic, its type and its key."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

COINS_MAX = 2**53 - 1
"""The ledger caps every amount here, so that each client reads it exactly as a JSON number."""

Coins = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
"""Whole coins."""
PositiveCoins = Annotated[int, msgspec.Meta(gt=0, le=COINS_MAX)]
"""Whole coins, at least one."""
MicroDiamonds = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
"""Millionths of a diamond, so that splits lose nothing."""
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time; one without an offset from UTC is none, and is not read."""
UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""The subject of a user's token; viewers and creators alike."""
Region = Annotated[str, msgspec.Meta(min_length=2, max_length=2)]
"""ISO 3166-1 alpha-2. Not a pattern: that would double the time it takes to read a charge."""


class Topic(msgspec.Struct, frozen=True):
    """A Kafka topic: all events about one entity, so that their order holds.

    `name` is `<service>.<entity>.v<major>`; `key` says in words what the record key is.
    """

    name: str
    key: str
    description: str
    retention_s: int | None = None
    """How long records are of use; None: as long as the cluster keeps any topic's."""


class EventType(msgspec.Struct, frozen=True):
    """The registered facts about an event class."""

    cls: type["Event"]
    topic: Topic
    type: str
    key: str
    """The name of the field that holds the record key."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Base of all events. Frozen; unknown fields are ignored when reading.

    Not followed by the garbage collector (nor are subclasses): values never form cycles, and
    batches make thousands of them.
    """


_BY_CLASS: dict[type[Event], EventType] = {}
_BY_TYPE: dict[str, EventType] = {}


def event[E: type[Event]](topic: Topic, *, type: str, key: str) -> Callable[[E], E]:  # noqa: A002
    """Register a struct as the event `type` of `topic`, keyed by the value of its field `key`."""

    def register(cls: E) -> E:
        if key not in cls.__struct_fields__:
            raise TypeError(f"{cls.__name__} has no field {key!r} to be keyed by")
        if type in _BY_TYPE:
            raise TypeError(f"event type {type!r} is declared twice")
        registered = EventType(cls=cls, topic=topic, type=type, key=key)
        _BY_CLASS[cls] = registered
        _BY_TYPE[type] = registered
        return cls

    return register


def describe(cls: type[Event]) -> EventType:
    """The registered facts about `cls`.

    Raises:
        KeyError: The class was never registered with `event`.
    """
    return _BY_CLASS[cls]


def find(type: str) -> EventType | None:  # noqa: A002
    """The event registered under a `ce_type`, or None: unknown types are skipped by consumers."""
    return _BY_TYPE.get(type)


def declared() -> tuple[EventType, ...]:
    """Every event that the imported contract modules declare, in order of declaration."""
    return tuple(_BY_CLASS.values())


encode: Final[Callable[[Event], bytes]] = msgspec.json.Encoder().encode
"""The JSON value of a record. Bound directly: a function around it costs a tenth more."""


def decoder[E: Event](cls: type[E]) -> msgspec.json.Decoder[E]:
    """A reusable typed decoder: it validates types and bounds and ignores unknown fields."""
    return msgspec.json.Decoder(cls)


def key_of(event: Event) -> str:
    """The record key of an event."""
    value: Any = getattr(event, _BY_CLASS[type(event)].key)
    return str(value)
