"""What a process tells about itself: traces, metrics, logs.

`setup` once in `__main__`; then, from anywhere:

- `current_traceparent`, `annotate`, `span` inside a request;
- `SpanGroup`, `batch_spans`, `publish_spans` where many traces share one piece of work;
- `metrics` for what is counted; `structlog.get_logger()` for what is said.

Nothing here knows a domain word, and nothing here raises because a receiver is away.
"""

from typing import Protocol

from chassis.telemetry import logs, metrics, tracing
from chassis.telemetry.asgi import TracingMiddleware
from chassis.telemetry.messaging import batch_spans, publish_spans
from chassis.telemetry.spans import (
    SpanGroup,
    annotate,
    child_traceparent,
    current_traceparent,
    span,
)
from chassis.telemetry.traceparent import Traceparent

__all__ = [
    "SpanGroup",
    "Traceparent",
    "TracingMiddleware",
    "annotate",
    "batch_spans",
    "child_traceparent",
    "current_traceparent",
    "metrics",
    "publish_spans",
    "setup",
    "shutdown",
    "span",
]


class TelemetrySettings(Protocol):
    """The part of a service's settings that this package reads."""

    @property
    def otlp_endpoint(self) -> object | None:
        """Base address of an OTLP/HTTP receiver; tracing is off without one."""
        ...

    @property
    def trace_sample_ratio(self) -> float:
        """Share of new traces to record, 0 to 1."""
        ...

    @property
    def log_format(self) -> logs.LogFormat:
        """How to write log lines."""
        ...


def setup(service: str, process: str, settings: TelemetrySettings) -> None:
    """Configure logs and tracing for this process. Call once, before anything is logged."""
    logs.configure(service, process, settings.log_format)
    endpoint = settings.otlp_endpoint
    tracing.start(
        service, process, None if endpoint is None else str(endpoint), settings.trace_sample_ratio
    )


def shutdown() -> None:
    """Send the spans still queued. Call last; takes 3 s at most."""
    tracing.stop()
