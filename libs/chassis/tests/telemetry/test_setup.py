import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan

from chassis import telemetry
from chassis.telemetry import logs, tracing


@dataclass
class Settings:
    """The part of a service's settings that telemetry reads."""

    otlp_endpoint: str | None
    trace_sample_ratio: float = 1.0
    log_format: logs.LogFormat = "json"


@pytest.fixture(autouse=True)
def logging_of_the_test_run() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_without_a_receiver_tracing_is_off() -> None:
    telemetry.setup("wallet", "worker", Settings(otlp_endpoint=None))

    assert tracing.active_tracer() is None
    telemetry.shutdown()


def test_with_a_receiver_spans_bear_the_processs_name() -> None:
    telemetry.setup("wallet", "worker", Settings(otlp_endpoint="http://127.0.0.1:9"))

    tracer = tracing.active_tracer()
    assert tracer is not None
    span = tracer.start_span("request")
    assert isinstance(span, ReadableSpan)
    assert span.resource.attributes["service.name"] == "wallet-worker"

    telemetry.shutdown()
    assert tracing.active_tracer() is None


def test_the_ratio_holds_for_new_traces() -> None:
    telemetry.setup("wallet", "worker", Settings("http://127.0.0.1:9", trace_sample_ratio=0.0))

    tracer = tracing.active_tracer()
    assert tracer is not None
    with tracer.start_as_current_span("request"):
        assert telemetry.current_traceparent() is None

    telemetry.shutdown()
