from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.telemetry import tracing

type Spans = InMemorySpanExporter


@pytest.fixture
def spans() -> Iterator[Spans]:
    """Tracing is on with every new trace sampled; gives the spans that have ended."""
    yield from _recording(sample_ratio=1.0)


@pytest.fixture
def spans_of_no_root() -> Iterator[Spans]:
    """Tracing is on, but the ratio samples no new trace."""
    yield from _recording(sample_ratio=0.0)


def _recording(sample_ratio: float) -> Iterator[Spans]:
    exporter = InMemorySpanExporter()
    provider = tracing.make_provider("wallet", "worker", sample_ratio)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with tracing.installed(provider):
        yield exporter
