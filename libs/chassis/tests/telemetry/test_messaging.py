from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from chassis.telemetry import batch_spans, publish_spans

SAMPLED = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def test_a_records_span_says_where_the_record_lay(spans: InMemorySpanExporter) -> None:
    with batch_spans("gifts.charge.v1", [None, SAMPLED], [(3, 40), (3, 41)]):
        pass

    whole, part = spans.get_finished_spans()
    assert [each.name for each in (whole, part)] == ["process gifts.charge.v1"] * 2
    assert [each.kind for each in (whole, part)] == [SpanKind.CONSUMER] * 2
    assert dict(part.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "gifts.charge.v1",
        "messaging.destination.partition.id": "3",
        "messaging.batch.message_count": 2,
        "messaging.kafka.offset": 41,
    }
    assert "messaging.kafka.offset" not in (whole.attributes or {})


def test_a_batch_may_have_more_records_than_are_given(spans: InMemorySpanExporter) -> None:
    with batch_spans("gifts.charge.v1", [SAMPLED], [(3, 41)], batch_size=1_000):
        pass

    sizes = [
        (each.attributes or {})["messaging.batch.message_count"]
        for each in spans.get_finished_spans()
    ]
    assert sizes == [1_000, 1_000]


def test_what_one_hop_carries_the_next_continues(spans: InMemorySpanExporter) -> None:
    """A gift's path through three services and two publishes is one trace."""
    with batch_spans("gifts.charge.v1", [SAMPLED], [(0, 7)]) as in_wallet:
        pass
    publish_spans("wallet.charge.v1", in_wallet, 1, 2)
    with batch_spans("wallet.charge.v1", in_wallet, [(0, 8)]) as in_gifts:
        pass
    publish_spans("gifts.gift.v1", in_gifts, 3, 4)
    with batch_spans("gifts.gift.v1", in_gifts, [(0, 9)]):
        pass

    names = [
        each.name
        for each in spans.get_finished_spans()
        if each.parent is not None and f"{each.parent.trace_id:032x}" == SAMPLED[3:35].decode()
    ]
    assert names == [
        "process gifts.charge.v1",
        "publish wallet.charge.v1",
        "process wallet.charge.v1",
        "publish gifts.gift.v1",
        "process gifts.gift.v1",
    ]


def test_only_sampled_records_have_a_publish_span(spans: InMemorySpanExporter) -> None:
    publish_spans("wallet.charge.v1", [None, UNSAMPLED, SAMPLED], 5, 9)

    (published,) = spans.get_finished_spans()
    assert (published.name, published.kind) == ("publish wallet.charge.v1", SpanKind.PRODUCER)
    assert (published.start_time, published.end_time) == (5, 9)


def test_with_tracing_off_publishing_records_nothing() -> None:
    publish_spans("wallet.charge.v1", [SAMPLED], 5, 9)
