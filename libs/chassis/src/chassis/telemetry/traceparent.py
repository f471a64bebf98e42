"""The W3C `traceparent` header, read and written without touching unsampled records.

A batch of a thousand records is mostly unsampled in production, so the question "is this one
sampled?" is one index and one set look-up; objects are made for sampled records only.
"""

import re
from typing import Final

from opentelemetry.trace import SpanContext, TraceFlags

type Traceparent = str | bytes
"""As it stands in a Kafka header (bytes) or in an outbox row (text)."""

HEADER: Final = "traceparent"

_LENGTH: Final = 55
_SHAPE: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
# Indexing bytes gives integers and indexing text gives characters: one set answers for both.
_ODD_DIGITS: Final = frozenset("13579bdf") | frozenset(b"13579bdf")


def is_marked_sampled(traceparent: Traceparent | None) -> bool:
    """Whether the sampled flag is set, without checking the rest of the header."""
    return (
        traceparent is not None
        and len(traceparent) == _LENGTH
        and traceparent[_LENGTH - 1] in _ODD_DIGITS
    )


def parse_sampled(traceparent: Traceparent | None) -> SpanContext | None:
    """Give the remote span's context, or None when it is absent, malformed or not sampled.

    Headers come from strangers: anything but the exact form counts as absent and nothing raises.
    """
    return _parse(traceparent) if is_marked_sampled(traceparent) else None


def parse(traceparent: Traceparent | None) -> SpanContext | None:
    """Give the remote span's context, sampled or not, or None when it is absent or malformed."""
    if traceparent is None or len(traceparent) != _LENGTH:
        return None
    return _parse(traceparent)


def format_sampled(context: SpanContext) -> str | None:
    """Write the header for a sampled context; None otherwise, as nobody downstream uses it."""
    if not context.trace_flags.sampled:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _parse(traceparent: Traceparent | None) -> SpanContext | None:
    text = str(traceparent, "latin-1") if isinstance(traceparent, bytes) else traceparent or ""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    trace_id, span_id, flags = match.groups()
    context = SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return context if context.is_valid else None
