"""Structured logs: one event name and its facts a line, with the ids of the trace it belongs to."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final, Literal, TextIO

import msgspec
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from chassis.telemetry.flood import FloodFilter

_FIRST: Final = ("timestamp", "level", "event")

type LogFormat = Literal["json", "console"]

# Every line of these says what our own lines say already, or is for their authors.
_QUIET: Final = dict.fromkeys(
    ("httpcore", "httpx", "stripe", "urllib3", "uvicorn"), logging.WARNING
)


def configure(
    service: str, process: str, log_format: LogFormat, stream: TextIO | None = None
) -> None:
    """Send structlog's and the standard library's lines to one stream, in one form.

    Args:
        service: The service's name, put on every line.
        process: Which of its processes this is, put on every line.
        log_format: `json`, one object a line; or `console`, for people.
        stream: Where to write; standard output unless told.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=("suppressed",)),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Origin(service, process),
        _add_trace_ids,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.addFilter(FloodFilter())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def _renderers(log_format: LogFormat) -> list[Processor]:
    match log_format:
        case "json":
            return [
                # Without the frames' variables: they hold tokens, secrets and people's data.
                structlog.processors.ExceptionRenderer(
                    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                ),
                structlog.processors.JSONRenderer(serializer=_to_json),
            ]
        case "console":
            return [
                structlog.dev.ConsoleRenderer(
                    colors=sys.stdout.isatty(),
                    exception_formatter=structlog.dev.plain_traceback,
                )
            ]


def _to_json(event: Mapping[str, Any], **_: object) -> str:
    # What a person looks for comes first.
    ordered = {**{key: event[key] for key in _FIRST if key in event}, **event}
    return msgspec.json.encode(ordered, enc_hook=repr).decode()


def _add_trace_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


class _Origin:
    """Says which process wrote the line."""

    def __init__(self, service: str, process: str) -> None:
        self._service = service
        self._process = process

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = self._service
        event["process"] = self._process
        return event
