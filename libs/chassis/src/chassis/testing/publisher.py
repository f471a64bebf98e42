"""Puts records on a topic as the relay of another service would."""

from collections.abc import Sequence

from chassis.kafka import Headers, Outbound, Writer
from contracts.event import Event, describe, encode, key_of


class Publisher:
    """Publishes events to the test's own topics, each acknowledged before the call returns."""

    def __init__(self, writer: Writer, topic_prefix: str) -> None:
        self._writer = writer
        self._prefix = topic_prefix

    async def events(self, events: Sequence[Event]) -> None:
        """Publish well-formed events, each under its own key."""
        await self._writer.publish(
            Outbound(
                self._prefix + describe(type(event)).topic.name,
                key_of(event).encode(),
                encode(event),
                [("ce_type", describe(type(event)).type.encode())],
            )
            for event in events
        )

    async def raw(self, topic: str, key: bytes, value: bytes, headers: Headers = ()) -> None:
        """Publish any bytes to `topic`, named without prefix."""
        await self._writer.publish([Outbound(self._prefix + topic, key, value, headers)])
