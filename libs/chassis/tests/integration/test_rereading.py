"""A restored service reads again what it had told, one kind of event at a time."""

from datetime import timedelta

from structlog.testing import capture_logs

from chassis import clock
from chassis.ids import uuid7
from chassis.rereading import read_told
from chassis.testing.plugin import Servers
from chassis.testing.publisher import Publisher
from contracts.event import describe
from contracts.payouts.v1 import QUARANTINE, GiftQuarantined, GiftReleased


async def test_events_of_one_kind_are_read_and_what_is_unreadable_is_said(
    servers: Servers, topic_prefix: str, publisher: Publisher
) -> None:
    """Each with when it was published; another kind on the topic is nothing strange."""
    quarantine_id, gift_id, before = uuid7(), uuid7(), clock.now()
    released = GiftReleased(quarantine_id, gift_id, "cleo", before)
    frozen = [
        GiftQuarantined(quarantine_id, gift_id, "cleo", amount, before) for amount in (1, 2, 3)
    ]
    kind = describe(GiftQuarantined).type.encode()
    await publisher.events([frozen[0], released, *frozen[1:]])
    await publisher.raw(QUARANTINE.name, b"cleo", b"{", [("ce_type", kind)])

    with capture_logs() as logs:
        read = [
            each
            async for chunk in read_told(
                servers.kafka_servers, GiftQuarantined, topic_prefix=topic_prefix
            )
            for each in chunk
        ]

    assert [event for event, _ in read] == frozen
    # The broker keeps milliseconds.
    earliest = before - timedelta(milliseconds=1)
    assert all(earliest <= at <= clock.now() for _, at in read)
    told = [line for line in logs if line["event"] == "told_unreadable"]
    assert [line["records"] for line in told] == [1]
