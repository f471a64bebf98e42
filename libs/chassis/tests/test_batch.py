"""What a consumer makes of the bytes on a topic."""

import pytest

from chassis import ids
from chassis.batch import EventReader
from chassis.kafka import Headers, RawRecord
from chassis.testing import unbrokered
from contracts.event import encode
from contracts.gifts.v1 import ChargeRequested

EVENT = ChargeRequested(charge_id=ids.uuid7(), payer_id="ann", order_key="star", coins=1)
TYPE = ("ce_type", b"gifts.charge_requested.v1")


def a_record(value: bytes | None, headers: Headers = (TYPE,)) -> RawRecord:
    return unbrokered.a_record("gifts.charge.v1", 0, 7, key=b"star", value=value, headers=headers)


def test_event_is_read_with_its_trace() -> None:
    reader = EventReader([ChargeRequested])

    received, failed = reader.read([a_record(encode(EVENT), (TYPE, ("traceparent", b"00-1-2-01")))])

    assert failed == []
    assert [(each.event, each.offset, each.traceparent) for each in received] == [
        (EVENT, 7, "00-1-2-01")
    ]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\x80\xff",
        b"{}",
        b'{"payer_id": "\xff"}',
        b'{"unknown": ' + b"[" * 100_000,
        b"x" * 300_000,
    ],
    ids=lambda value: repr(value and value[:20]),
)
def test_bytes_that_are_no_event_are_set_aside(value: bytes | None) -> None:
    """Each alone: its neighbours are read."""
    reader = EventReader([ChargeRequested])
    neighbour = a_record(encode(EVENT))

    received, failed = reader.read([neighbour, a_record(value), neighbour])

    assert [each.event for each in received] == [EVENT, EVENT]
    assert [each.record.value for each in failed] == [value]
    assert failed[0].reason


def test_header_without_a_value_is_no_trace() -> None:
    """Kafka allows null there."""
    headers: Headers = (TYPE, ("traceparent", None))  # pyright: ignore[reportAssignmentType]

    received, failed = EventReader([ChargeRequested]).read([a_record(encode(EVENT), headers)])

    assert failed == []
    assert received[0].traceparent is None
