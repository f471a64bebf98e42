"""Decodes what exporters send to /v1/traces: OTLP as protobuf or as JSON."""

import re
from collections.abc import Iterable
from typing import Any, Final

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from trace_store.spans import Attributes, Event, Link, Span

_KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
_KIND_PREFIX: Final = "SPAN_KIND_"
_ERROR: Final = trace_pb2.Status.STATUS_CODE_ERROR
_ERROR_NAMES: Final = (_ERROR, "STATUS_CODE_ERROR")
_INTEGER_MAX: Final = 2**63 - 1
_TRACE_ID: Final = re.compile(r"(?!0+$)[0-9a-f]{32}")
_SPAN_ID: Final = re.compile(r"(?!0+$)[0-9a-f]{16}")


# What reading fields out of an object of another shape raises.
_MALFORMED: Final = (AttributeError, KeyError, RecursionError, TypeError, ValueError)


class MalformedError(Exception):
    """The body is not what its content type says; the message is for the sender."""


def decode_protobuf(body: bytes) -> list[Span]:
    """Give the spans of a protobuf body; spans without valid ids or times are left out.

    Raises:
        MalformedError: The body is no ExportTraceServiceRequest.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise MalformedError(f"not an OTLP trace request: {error}") from error
    return [
        span
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for each in scope.spans
        if (span := _from_protobuf(_process(_attributes(resource.resource.attributes)), each))
    ]


def decode_json(body: bytes) -> list[Span]:
    """Give the spans of a JSON body; spans without valid ids or times are left out.

    Raises:
        MalformedError: The body is no ExportTraceServiceRequest in OTLP's JSON.
    """
    try:
        request = orjson.loads(body)
        return [
            span
            for resource in request.get("resourceSpans", ())
            for scope in resource.get("scopeSpans", ())
            for each in scope.get("spans", ())
            if (span := _from_json(_process(_json_attributes(resource.get("resource", {}))), each))
        ]
    except _MALFORMED as error:
        raise MalformedError(f"not an OTLP trace request in JSON: {error}") from error


def _from_protobuf(process: str, span: trace_pb2.Span) -> Span | None:
    return _checked(
        Span(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex() or None,
            process=process,
            name=span.name,
            kind=_kind(span.kind),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            error=span.status.message if span.status.code == _ERROR else None,
            attributes=_attributes(span.attributes),
            links=tuple(Link(link.trace_id.hex(), link.span_id.hex()) for link in span.links),
            events=tuple(Event(event.name, _attributes(event.attributes)) for event in span.events),
        )
    )


def _from_json(process: str, span: dict[str, Any]) -> Span | None:
    status = span.get("status", {})
    return _checked(
        Span(
            trace_id=span["traceId"].lower(),
            span_id=span["spanId"].lower(),
            parent_id=span.get("parentSpanId", "").lower() or None,
            process=process,
            name=str(span.get("name", "")),
            kind=_kind(span.get("kind", 0)),
            # 64-bit numbers are texts in protobuf's JSON, but not in everybody's.
            start_ns=int(span["startTimeUnixNano"]),
            end_ns=int(span["endTimeUnixNano"]),
            error=str(status.get("message", "")) if status.get("code") in _ERROR_NAMES else None,
            attributes=_json_attributes(span),
            links=tuple(
                Link(str(link["traceId"]), str(link["spanId"])) for link in span.get("links", ())
            ),
            events=tuple(
                Event(str(event.get("name", "")), _json_attributes(event))
                for event in span.get("events", ())
            ),
        )
    )


def _checked(span: Span) -> Span | None:
    """Give the span if the store can keep it: ids of the right form, times that fit."""
    if not (_TRACE_ID.fullmatch(span.trace_id) and _SPAN_ID.fullmatch(span.span_id)):
        return None
    if not (0 <= span.start_ns <= _INTEGER_MAX and 0 <= span.end_ns <= _INTEGER_MAX):
        return None
    # A clock that was set back during the span makes it end before it began.
    return span._replace(end_ns=max(span.start_ns, span.end_ns))


def _process(resource: Attributes) -> str:
    return str(resource.get("service.name", "unknown"))


def _kind(kind: int | str) -> str:
    if isinstance(kind, str):
        return kind.removeprefix(_KIND_PREFIX).lower()
    return _KINDS[kind] if 0 <= kind < len(_KINDS) else _KINDS[0]


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(each) for each in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case scalar:
            return getattr(value, scalar)


def _json_attributes(holder: dict[str, Any]) -> Attributes:
    pairs = holder.get("attributes", ())
    return {str(pair["key"]): _json_value(pair.get("value", {})) for pair in pairs}


def _json_value(value: dict[str, Any]) -> object:
    for kind, content in value.items():
        match kind:
            case "intValue":
                number = int(content)
                return number if abs(number) <= _INTEGER_MAX else str(number)
            case "arrayValue":
                return [_json_value(each) for each in content.get("values", ())]
            case "kvlistValue":
                return _json_attributes({"attributes": content.get("values", ())})
            case _:
                return content
    return None
