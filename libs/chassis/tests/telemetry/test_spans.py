import asyncio

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.telemetry import (
    SpanGroup,
    annotate,
    child_traceparent,
    current_traceparent,
    span,
    tracing,
)

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER_SAMPLED = "00-1bf7651916cd43dd8448eb211c80319d-c7ad6b7169203332-01"
UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def ids(each: ReadableSpan) -> tuple[str, str]:
    context = each.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def parent_of(each: ReadableSpan) -> str | None:
    return None if each.parent is None else f"{each.parent.span_id:016x}"


def root(name: str = "root") -> str:
    """Start, end and name a new trace's first span."""
    tracer = tracing.active_tracer()
    assert tracer is not None
    with tracer.start_as_current_span(name):
        found = current_traceparent()
    assert found is not None
    return found


def test_nothing_is_current_outside_a_span(spans: InMemorySpanExporter) -> None:
    assert current_traceparent() is None


def test_a_step_is_recorded_under_the_current_span(spans: InMemorySpanExporter) -> None:
    tracer = tracing.active_tracer()
    assert tracer is not None

    with tracer.start_as_current_span("request"):
        annotate({"subject": "s1"})
        with span("step", {"rows": 3}):
            annotate({"found": True})

    step, request = spans.get_finished_spans()
    assert (step.name, dict(step.attributes or {})) == ("step", {"rows": 3, "found": True})
    assert dict(request.attributes or {}) == {"subject": "s1"}
    assert parent_of(step) == ids(request)[1]


def test_a_step_outside_a_trace_starts_none(spans: InMemorySpanExporter) -> None:
    with span("step"):
        annotate({"subject": "s1"})

    assert spans.get_finished_spans() == ()


def test_a_finished_child_is_recorded_with_its_times(spans: InMemorySpanExporter) -> None:
    carried = child_traceparent("publish", SAMPLED, start_ns=1_000, end_ns=3_000)

    (child,) = spans.get_finished_spans()
    trace_id, span_id = ids(child)
    assert (child.start_time, child.end_time) == (1_000, 3_000)
    assert (trace_id, parent_of(child)) == (SAMPLED[3:35], SAMPLED[36:52])
    assert carried is not None
    assert carried.startswith(f"00-{trace_id}-{span_id}-")


def test_an_unsampled_parent_has_no_children(spans: InMemorySpanExporter) -> None:
    assert child_traceparent("publish", UNSAMPLED) is None
    assert child_traceparent("publish", None) is None
    assert spans.get_finished_spans() == ()


def test_a_group_continues_each_sampled_trace(spans: InMemorySpanExporter) -> None:
    with SpanGroup("write", [SAMPLED, None, UNSAMPLED, OTHER_SAMPLED.encode()]) as carried:
        assert current_traceparent() is not None

    whole, first, second = spans.get_finished_spans()
    assert [each is None for each in carried] == [False, True, True, False]
    assert [ids(first)[0], ids(second)[0]] == [SAMPLED[3:35], OTHER_SAMPLED[3:35]]
    assert [parent_of(first), parent_of(second)] == [SAMPLED[36:52], OTHER_SAMPLED[36:52]]
    assert [carried[0], carried[3]] == [
        f"00-{trace_id}-{span_id}-01" for trace_id, span_id in (ids(first), ids(second))
    ]
    assert whole.parent is None
    assert [f"{link.context.trace_id:032x}" for link in whole.links] == [
        SAMPLED[3:35],
        OTHER_SAMPLED[3:35],
    ]
    assert all(link.context == whole.get_span_context() for link in (*first.links, *second.links))


def test_a_groups_own_span_is_kept_whatever_the_ratio(
    spans_of_no_root: InMemorySpanExporter,
) -> None:
    with SpanGroup("write", [SAMPLED]):
        pass

    assert [each.name for each in spans_of_no_root.get_finished_spans()] == ["write", "write"]


def test_a_group_that_fails_marks_its_spans_and_lets_the_error_pass(
    spans: InMemorySpanExporter,
) -> None:
    with pytest.raises(LookupError), SpanGroup("write", [SAMPLED]):
        raise LookupError("gone")

    whole, part = spans.get_finished_spans()
    assert [each.status.description for each in (whole, part)] == ["LookupError"] * 2
    assert [event.name for event in whole.events] == ["exception"]
    assert current_traceparent() is None


def test_an_unsampled_group_makes_no_span(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one object of OpenTelemetry is made for records that nobody traces."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a span was made for an unsampled record")

    tracer = tracing.active_tracer()
    monkeypatch.setattr(tracer, "start_span", refuse)
    monkeypatch.setattr("chassis.telemetry.traceparent.SpanContext", refuse)
    monkeypatch.setattr("chassis.telemetry.spans.NonRecordingSpan", refuse)

    with SpanGroup("write", [None, UNSAMPLED, UNSAMPLED.encode()] * 300) as carried:
        assert current_traceparent() is None

    assert carried == [None] * 900
    assert spans.get_finished_spans() == ()


def test_with_tracing_off_headers_are_handed_on() -> None:
    with SpanGroup("write", [SAMPLED.encode(), None, UNSAMPLED, b"\xff" * 55]) as carried:
        pass

    assert carried == [SAMPLED, None, UNSAMPLED, None]
    assert child_traceparent("publish", SAMPLED.encode()) == SAMPLED


async def test_groups_in_concurrent_tasks_do_not_see_each_other(
    spans: InMemorySpanExporter,
) -> None:
    both_inside = asyncio.Barrier(2)

    async def work(header: str) -> str | None:
        with SpanGroup("write", [header]):
            await both_inside.wait()
            return current_traceparent()

    first, second = await asyncio.gather(work(root("one")), work(root("two")))

    assert first is not None
    assert second is not None
    assert first != second
    assert current_traceparent() is None


def test_a_second_start_in_one_process_is_refused(spans: InMemorySpanExporter) -> None:
    with pytest.raises(RuntimeError, match="started twice"):
        tracing.start("wallet", "worker", "http://127.0.0.1:9", 1.0)
