"""Both of OTLP's encodings come out as the same spans, and rubbish harms nobody."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags

from trace_store.otlp import MalformedError, decode_json, decode_protobuf
from trace_store.spans import Event
from trace_store.spans import Link as KeptLink

TRACE = "0af7651916cd43dd8448eb211c80319c"
LINKED = SpanContext(int(TRACE, 16), 0xB7AD6B7169203331, is_remote=True, trace_flags=TraceFlags(1))

JSON = """{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "gateway"}}]},
  "scopeSpans": [{"spans": [{
    "traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "b7ad6b7169203331",
    "parentSpanId": "", "name": "POST /graphql", "kind": 2,
    "startTimeUnixNano": "1800000000000000001", "endTimeUnixNano": 1800000000000000005,
    "attributes": [
      {"key": "text", "value": {"stringValue": "a"}},
      {"key": "whole", "value": {"intValue": "9007199254740993"}},
      {"key": "huge", "value": {"intValue": "99999999999999999999"}},
      {"key": "truth", "value": {"boolValue": true}},
      {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "b"}]}}},
      {"key": "tree", "value": {"kvlistValue": {"values": [
        {"key": "leaf", "value": {"doubleValue": 0.5}}]}}},
      {"key": "nothing", "value": {}}],
    "status": {"code": 2, "message": "gone"},
    "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}],
    "events": [{"name": "exception", "attributes": []}]
  }]}]
}]}"""


def test_reads_what_the_sdk_exports() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "wallet-worker"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span(
        "process gifts.charge.v1",
        kind=SpanKind.CONSUMER,
        links=[Link(LINKED)],
        attributes={"text": "a", "whole": 2**53 + 1, "truth": True, "list": ["b"]},
        start_time=1_700_000_000_000_000_001,
    ) as exported:
        exported.set_status(StatusCode.ERROR, "gone")
        exported.add_event("exception", {"exception.type": "LookupError"})

    body = encode_spans(exporter.get_finished_spans()).SerializeToString()
    (span,) = decode_protobuf(body)

    context = exported.get_span_context()
    assert (span.trace_id, span.span_id) == (
        f"{context.trace_id:032x}",
        f"{context.span_id:016x}",
    )
    assert (span.process, span.name, span.kind) == (
        "wallet-worker",
        "process gifts.charge.v1",
        "consumer",
    )
    assert span.parent_id is None
    assert span.start_ns == 1_700_000_000_000_000_001
    assert span.error == "gone"
    assert span.attributes == {"text": "a", "whole": 2**53 + 1, "truth": True, "list": ["b"]}
    assert span.links == (KeptLink(TRACE, "b7ad6b7169203331"),)
    assert span.events == (Event("exception", {"exception.type": "LookupError"}),)
    assert span.is_batch


def test_reads_json() -> None:
    (span,) = decode_json(JSON.encode())

    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE, "b7ad6b7169203331", None)
    assert (span.process, span.name, span.kind) == ("gateway", "POST /graphql", "server")
    assert (span.start_ns, span.end_ns) == (1_800_000_000_000_000_001, 1_800_000_000_000_000_005)
    assert span.error == "gone"
    assert span.attributes == {
        "text": "a",
        "whole": 2**53 + 1,
        "huge": "99999999999999999999",
        "truth": True,
        "list": ["b"],
        "tree": {"leaf": 0.5},
        "nothing": None,
    }
    assert span.links == (KeptLink(TRACE, "b7ad6b7169203331"),)
    assert span.events == (Event("exception", {}),)


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("b7ad6b7169203331", "b7ad"),
        ("b7ad6b7169203331", "0000000000000000"),
        ("b7ad6b7169203331", "b7ad6b716920333 "),
        ('"1800000000000000001"', '"-1"'),
        ("1800000000000000005", "18000000000000000050"),
    ],
)
def test_a_span_without_valid_ids_or_times_is_left_out(part: str, instead: str) -> None:
    assert decode_json(JSON.replace(part, instead, 1).encode()) == []


def test_a_clock_set_back_makes_a_span_short() -> None:
    (span,) = decode_json(JSON.replace("1800000000000000005", "1700000000000000000").encode())

    assert span.end_ns == span.start_ns == 1_800_000_000_000_000_001


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"resourceSpans": 5}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 5, "spanId": 6}]}]}]}',
        b"[" * 100_000,
    ],
)
def test_json_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_json(body)


@given(st.binary())
def test_random_bytes_are_refused_or_hold_nothing(body: bytes) -> None:
    for decode in (decode_json, decode_protobuf):
        with suppress(MalformedError):
            assert decode(body) == []
