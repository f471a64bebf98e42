"""The one event that every service may publish: a record that it could not apply."""

from contracts.event import Event, Instant, Topic, event

DEAD_LETTER = Topic(
    name="platform.dead_letter.v1",
    key="source topic and partition",
    description="Records that a consumer set aside so that their neighbours could go on.",
)


@event(DEAD_LETTER, type="platform.dead_lettered.v1", key="source")
class DeadLettered(Event, frozen=True, omit_defaults=True):
    """A record was set aside. The consumer's database keeps it too, under the same position."""

    source: str
    """`<topic>:<partition>` of the record."""
    offset: int
    consumer: str
    """The service that could not apply it."""
    reason: str
    """Why, for a person: the decoder's or the database's own words."""
    value: bytes
    """The record's value, base64 in JSON; cut to the first 64 KiB."""
    at: Instant
