"""A span as the store keeps it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

GIFT_ID: Final = "largesse.gift_id"
"""The attribute by which a person finds a gift's trace. One span of the trace needs to have it."""

type Attributes = Mapping[str, Any]
"""Names to texts, numbers, truth values or lists of them."""


class Link(NamedTuple):
    """Another span that this one has to do with, such as its batch's."""

    trace_id: str
    span_id: str


class Event(NamedTuple):
    """Something that happened during a span, such as an exception."""

    name: str
    attributes: Attributes


class Span(NamedTuple):
    """One span. Ids are lower-case hex, times nanoseconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str | None
    process: str
    """The resource's `service.name`."""
    name: str
    kind: str
    start_ns: int
    end_ns: int
    error: str | None
    """What went wrong, empty where only that something did; None where nothing did."""
    attributes: Attributes
    links: tuple[Link, ...]
    events: tuple[Event, ...]

    @property
    def gift_id(self) -> str | None:
        """The gift that the span says it is about."""
        gift_id = self.attributes.get(GIFT_ID)
        return gift_id.lower() if isinstance(gift_id, str) else None

    @property
    def is_batch(self) -> bool:
        """Whether it is the root of a batch's trace: work done for the many traces it links to."""
        return self.parent_id is None and len(self.links) > 0
