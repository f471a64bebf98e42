"""Spans of records that pass through Kafka, named as OpenTelemetry's conventions want them.

Topics are named without the deployment's prefix, so that the names of spans are few and stable.
"""

from collections.abc import Sequence
from typing import Final

from opentelemetry.trace import SpanKind

from chassis.telemetry.spans import Attributes, SpanGroup, child_traceparent
from chassis.telemetry.traceparent import Traceparent, is_marked_sampled
from chassis.telemetry.tracing import active_tracer

_SYSTEM: Final = "messaging.system"
_OPERATION: Final = "messaging.operation.name"
_OPERATION_TYPE: Final = "messaging.operation.type"
_DESTINATION: Final = "messaging.destination.name"
_PARTITION: Final = "messaging.destination.partition.id"
_OFFSET: Final = "messaging.kafka.offset"
_BATCH_SIZE: Final = "messaging.batch.message_count"


def batch_spans(
    topic: str,
    traceparents: Sequence[Traceparent | None],
    positions: Sequence[tuple[int, int]],
    *,
    batch_size: int | None = None,
) -> SpanGroup:
    """Trace the application of one batch of records: `with batch_spans(…) as carried:`.

    Args:
        topic: The topic without prefix.
        traceparents: The records' headers in order; None where a record has none.
        positions: The records' partitions and offsets in the same order.
        batch_size: How many records the batch has, where only some of them are given here.

    Returns:
        A context manager that gives, per record, the header for what the record causes.
    """
    return SpanGroup(
        f"process {topic}",
        traceparents,
        kind=SpanKind.CONSUMER,
        attributes={
            _SYSTEM: "kafka",
            _OPERATION: "process",
            _OPERATION_TYPE: "process",
            _DESTINATION: topic,
            _BATCH_SIZE: len(traceparents) if batch_size is None else batch_size,
        },
        attributes_of_each=lambda index: {
            _PARTITION: str(positions[index][0]),
            _OFFSET: positions[index][1],
        },
    )


def publish_spans(
    topic: str,
    traceparents: Sequence[Traceparent | None],
    start_ns: int,
    end_ns: int,
) -> None:
    """Record, once the broker has acknowledged, how long each sampled record took to publish.

    Args:
        topic: The topic without prefix.
        traceparents: The records' headers, as they were sent: they are not changed.
        start_ns: When the relay began to send, in nanoseconds since the epoch.
        end_ns: When the last acknowledgement was in.
    """
    if active_tracer() is None:
        return
    attributes: Attributes = {
        _SYSTEM: "kafka",
        _OPERATION: "publish",
        _OPERATION_TYPE: "send",
        _DESTINATION: topic,
    }
    name = f"publish {topic}"
    for each in traceparents:
        if is_marked_sampled(each):
            child_traceparent(
                name,
                each,
                kind=SpanKind.PRODUCER,
                attributes=attributes,
                start_ns=start_ns,
                end_ns=end_ns,
            )
