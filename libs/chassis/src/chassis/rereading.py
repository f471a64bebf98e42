"""Reads what a service itself has told, to find what its restored database does not know."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import cast

import structlog

from chassis import kafka
from chassis.batch import EventReader
from chassis.brokers import Servers
from contracts.event import Event, describe

log = structlog.get_logger()


async def read_told[EventT: Event](
    servers: Servers, kind: type[EventT], *, topic_prefix: str = ""
) -> AsyncGenerator[list[tuple[EventT, datetime]]]:
    """Events of one kind and when each was published, in chunks, each partition's in order.

    What is on the topic but cannot be read is passed over, and logged.

    Raises:
        KafkaError: The broker is away, or does not let us read.
    """
    topic = topic_prefix + describe(kind).topic.name
    reader = EventReader([kind])
    async with aclosing(kafka.read_all(servers, topic)) as chunks:
        async for chunk in chunks:
            received, failed = reader.read(chunk)
            if failed:
                log.warning(
                    "told_unreadable", topic=topic, records=len(failed), reason=failed[0].reason
                )
            at = {
                (record.partition, record.offset): datetime.fromtimestamp(
                    record.timestamp / 1000, UTC
                )
                for record in chunk
            }
            # The reader was asked for no other type.
            yield [
                (cast("EventT", each.event), at[each.partition, each.offset]) for each in received
            ]
