"""Spans as the rest of the code makes them: a few functions that cost nothing when unsampled."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Token
from types import TracebackType

from opentelemetry import context, trace
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode

from chassis.telemetry.traceparent import Traceparent, format_sampled, parse, parse_sampled
from chassis.telemetry.tracing import active_tracer

type Attributes = Mapping[str, str | int | float | bool]


def current_traceparent() -> str | None:
    """The current span as a `traceparent` header, or None when it is not sampled.

    Read it where the request is known (a resolver), not in a task that serves many requests.
    """
    return format_sampled(trace.get_current_span().get_span_context())


def annotate(attributes: Attributes) -> None:
    """Add facts to the current span, such as the id that a person will search for."""
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attributes(dict(attributes))


@contextmanager
def span(name: str, attributes: Attributes | None = None) -> Generator[None]:
    """Time a step inside the current span. Does nothing where the current span is not sampled."""
    tracer = active_tracer()
    if tracer is None or not trace.get_current_span().is_recording():
        yield
        return
    with tracer.start_as_current_span(name, attributes=attributes):
        yield


def child_traceparent(
    name: str,
    parent: Traceparent | None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> str | None:
    """Record a finished span under `parent` and give its header, for whatever follows from it.

    Times are nanoseconds since the epoch; left out, they are now. An unsampled parent has no
    children: the answer is None. With tracing off, the parent itself is handed on.
    """
    tracer = active_tracer()
    if tracer is None:
        return pass_on(parent)
    remote = parse_sampled(parent)
    if remote is None:
        return None
    child = tracer.start_span(
        name,
        _under(remote),
        kind=kind,
        attributes=attributes,
        start_time=start_ns,
    )
    child.end(end_ns)
    return format_sampled(child.get_span_context())


def pass_on(traceparent: Traceparent | None) -> str | None:
    """Give a caller's header to the next hop unchanged; a malformed one is dropped."""
    context_or_none = parse(traceparent)
    if context_or_none is None:
        return None
    return str(traceparent, "ascii") if isinstance(traceparent, bytes) else traceparent


class SpanGroup:
    """One piece of work done for many traces at once: a batch of records, a group commit.

    Entering starts a span for the work as a whole, in a trace of its own and linked to every
    sampled participant, and makes it current, and starts for each sampled participant a span in
    the participant's trace. It answers with the headers to carry on with, one per participant in
    the order given: None for each that is absent or unsampled. Leaving ends the spans; an
    exception marks them as failed and goes on.

    Nothing is made when no participant is sampled. With tracing off the headers are handed on.
    """

    __slots__ = ("_attributes", "_kind", "_name", "_of_each", "_spans", "_token", "_traceparents")

    def __init__(
        self,
        name: str,
        traceparents: Sequence[Traceparent | None],
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
        attributes_of_each: Callable[[int], Attributes] | None = None,
    ) -> None:
        """`attributes` go on every span, `attributes_of_each(index)` on a participant's."""
        self._name = name
        self._traceparents = traceparents
        self._kind = kind
        self._attributes = dict(attributes or {})
        self._of_each = attributes_of_each
        self._spans: list[Span] = []
        self._token: Token[context.Context] | None = None

    def __enter__(self) -> list[str | None]:
        """Start the spans and give the headers to carry on with."""
        tracer = active_tracer()
        if tracer is None:
            return [None if each is None else pass_on(each) for each in self._traceparents]
        answer: list[str | None] = [None] * len(self._traceparents)
        sampled = [
            (index, remote)
            for index, each in enumerate(self._traceparents)
            if each is not None and (remote := parse_sampled(each)) is not None
        ]
        if not sampled:
            return answer

        start_ns = time.time_ns()
        whole = tracer.start_span(
            self._name,
            context.Context(),
            kind=self._kind,
            attributes=self._attributes,
            links=[Link(remote) for _, remote in sampled],
            start_time=start_ns,
        )
        self._spans.append(whole)
        to_whole = (Link(whole.get_span_context()),)
        for index, remote in sampled:
            part = tracer.start_span(
                self._name,
                _under(remote),
                kind=self._kind,
                attributes=self._attributes_at(index),
                links=to_whole,
                start_time=start_ns,
            )
            self._spans.append(part)
            answer[index] = format_sampled(part.get_span_context())
        self._token = context.attach(trace.set_span_in_context(whole))
        return answer

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the spans, all at the same moment."""
        if self._token is None:
            return
        context.detach(self._token)
        end_ns = time.time_ns()
        if error is not None:
            self._spans[0].record_exception(error)
        for each in self._spans:
            if error_type is not None:
                each.set_status(StatusCode.ERROR, error_type.__qualname__)
            each.end(end_ns)

    def _attributes_at(self, index: int) -> Attributes:
        if self._of_each is None:
            return self._attributes
        return {**self._attributes, **self._of_each(index)}


def _under(remote: SpanContext) -> context.Context:
    # From an empty context: a participant's span has nothing to do with what is current here.
    return trace.set_span_in_context(NonRecordingSpan(remote), context.Context())
