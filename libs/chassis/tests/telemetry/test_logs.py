import io
import json
import logging
from collections.abc import Iterator
from uuid import UUID

import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.telemetry import logs, tracing


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines; the logging of the test run comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # `basicConfig(force=True)` would close pytest's handlers.
    root.handlers.clear()
    stream = io.StringIO()
    logs.configure("wallet", "worker", "json", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_is_one_object_with_its_facts(output: io.StringIO) -> None:
    structlog.get_logger("wallet.worker").info("event_repeated", event_id=UUID(int=1), records=3)

    (line,) = lines(output)
    assert line.pop("timestamp")
    assert line == {
        "event": "event_repeated",
        "event_id": "00000000-0000-0000-0000-000000000001",
        "records": 3,
        "level": "info",
        "logger": "wallet.worker",
        "service": "wallet",
        "process": "worker",
    }


def test_a_librarys_line_has_the_same_form(output: io.StringIO) -> None:
    logging.getLogger("aiokafka.conn").error("no route to %s", "broker")

    (line,) = lines(output)
    assert (line["event"], line["level"], line["service"]) == (
        "no route to broker",
        "error",
        "wallet",
    )


def test_a_line_in_a_span_names_its_trace(output: io.StringIO, spans: InMemorySpanExporter) -> None:
    tracer = tracing.active_tracer()
    assert tracer is not None

    with tracer.start_as_current_span("request") as span:
        structlog.get_logger("wallet.api").info("gift_sent")

    (line,) = lines(output)
    context = span.get_span_context()
    assert line["trace_id"] == f"{context.trace_id:032x}"
    assert line["span_id"] == f"{context.span_id:016x}"


def test_an_exception_is_a_structure_without_variables(output: io.StringIO) -> None:
    """A frame's variables may hold tokens and secrets."""
    secret = "s3cret"
    try:
        raise LookupError("gone")
    except LookupError:
        structlog.get_logger("wallet.api").exception("request_failed")
    del secret

    (line,) = lines(output)
    exceptions = line["exception"]
    assert isinstance(exceptions, list)
    assert (exceptions[0]["exc_type"], exceptions[0]["exc_value"]) == ("LookupError", "gone")
    assert "s3cret" not in output.getvalue()


def test_a_flood_ends_with_its_count(output: io.StringIO) -> None:
    for _ in range(1_500):
        logging.getLogger("aiokafka.cluster").error("broker away")

    assert len(lines(output)) == 10


def test_the_console_form_is_for_people(output: io.StringIO) -> None:
    stream = io.StringIO()
    logs.configure("wallet", "worker", "console", stream)

    structlog.get_logger("wallet.worker").warning("relay_interrupted", retry_in_s=0.1)

    assert "relay_interrupted" in stream.getvalue()
    assert "retry_in_s=0.1" in stream.getvalue()
