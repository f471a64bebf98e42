"""This process's tracer: made once from the settings, absent where no exporter is configured.

The tracer is kept here and not in OpenTelemetry's global, which can be set only once: a test
installs a provider of its own and takes it out again.
"""

import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, Tracer, TraceState
from opentelemetry.util.types import Attributes

# A span weighs some 2.5 KB, so a full queue is 20 MB: what a process may hold while the trace
# store is away. Two batches of 1,000 records, each span twice, still fit.
_QUEUE_SPANS_MAX: Final = 8_192
_EXPORT_SPANS_MAX: Final = 1_024
_EXPORT_DELAY_MS: Final = 1_000
_EXPORT_TIMEOUT_S: Final = 5.0
_SHUTDOWN_TIMEOUT_S: Final = 3.0
# One link per sampled record of a batch.
_LINKS_MAX: Final = 1_024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_provider: TracerProvider | None = None
_tracer: Tracer | None = None


def active_tracer() -> Tracer | None:
    """This process's tracer, or None when tracing is off."""
    return _tracer


class SampledWhenLinked(Sampler):
    """Samples every root that is linked to a sampled span; decides by ratio for the others.

    A batch's own span is a root. With a ratio alone it would be missing for most of the traces
    that link to it.
    """

    def __init__(self, ratio: float) -> None:
        self._by_ratio = TraceIdRatioBased(ratio)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Answer the SDK's question for a span that has no parent."""
        linked = any(link.context.trace_flags.sampled for link in links or ())
        sampler = ALWAYS_ON if linked else self._by_ratio
        return sampler.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """Name the sampler in the SDK's diagnostics."""
        return f"SampledWhenLinked{{{self._by_ratio.get_description()}}}"


def start(service: str, process: str, endpoint: str | None, sample_ratio: float) -> None:
    """Export this process's spans to `endpoint`; without one, tracing stays off.

    Args:
        service: The service's name, such as `wallet`.
        process: Which of its processes this is, such as `api` or `worker`.
        endpoint: Base address of an OTLP/HTTP receiver; `/v1/traces` is added.
        sample_ratio: Share of new traces to record, 0 to 1. A caller's decision is always kept.
    """
    if endpoint is None:
        return
    _require_stopped()
    provider = make_provider(service, process, sample_ratio)
    provider.add_span_processor(
        BatchSpanProcessor(
            _exporter(endpoint),
            max_queue_size=_QUEUE_SPANS_MAX,
            schedule_delay_millis=_EXPORT_DELAY_MS,
            max_export_batch_size=_EXPORT_SPANS_MAX,
        )
    )
    _install(provider)


def make_provider(service: str, process: str, sample_ratio: float) -> TracerProvider:
    """Make a tracer provider that follows the caller's sampling, and the ratio for new traces."""
    return TracerProvider(
        sampler=ParentBased(root=SampledWhenLinked(sample_ratio)),
        resource=Resource.create(
            {
                "service.name": f"{service}-{process}",
                "service.namespace": "largesse",
                "host.name": socket.gethostname(),
            }
        ),
        span_limits=SpanLimits(max_links=_LINKS_MAX, max_span_attribute_length=1_024),
        shutdown_on_exit=False,
    )


def stop() -> None:
    """Send what is queued and turn tracing off. Takes 3 s at most, also when nobody receives."""
    global _provider, _tracer
    provider, _provider, _tracer = _provider, None, None
    if provider is None:
        return
    # The SDK alone would wait 30 s for a receiver that is away, past the grace of a SIGTERM.
    flush = threading.Thread(target=provider.shutdown, name="telemetry-flush", daemon=True)
    flush.start()
    flush.join(_SHUTDOWN_TIMEOUT_S)


@contextmanager
def installed(provider: TracerProvider) -> Generator[None]:
    """Use `provider` inside the block; for tests that look at the spans."""
    _install(provider)
    try:
        yield
    finally:
        stop()


def _install(provider: TracerProvider) -> None:
    global _provider, _tracer
    _require_stopped()
    _provider, _tracer = provider, provider.get_tracer("chassis.telemetry")


def _require_stopped() -> None:
    if _provider is not None:
        raise RuntimeError("tracing was started twice in one process")


def _exporter(endpoint: str) -> SpanExporter:
    # Imported here: the HTTP client behind it costs a process without an exporter 10 MB.
    import requests
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
        OTLPSpanExporter,
    )

    session = requests.Session()
    # A company's proxy, if the environment names one, cannot reach this machine's loopback.
    session.trust_env = urlsplit(endpoint).hostname not in _LOOPBACK
    return OTLPSpanExporter(
        endpoint=f"{endpoint.rstrip('/')}/v1/traces",
        timeout=_EXPORT_TIMEOUT_S,
        compression=Compression.Gzip,
        session=session,
    )
