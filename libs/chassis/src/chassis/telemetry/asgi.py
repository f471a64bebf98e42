"""A server span per HTTP request, by a middleware of our own.

OpenTelemetry's ASGI instrumentation makes three spans a request and reads every header; at
thousands of small GraphQL requests a second that costs more than the resolver.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind, StatusCode, Tracer

from chassis.telemetry.traceparent import HEADER, parse
from chassis.telemetry.tracing import active_tracer

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADER: Final = HEADER.encode()
_UNTRACED: Final = frozenset({"/livez", "/readyz", "/metrics"})
_SERVER_ERROR: Final = 500


class TracingMiddleware:
    """Continues the caller's trace, or starts one by the sampling ratio. Probes are not traced."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        tracer = active_tracer()
        if tracer is None or scope["type"] != "http" or scope["path"] in _UNTRACED:
            await self._app(scope, receive, send)
            return
        span = _start(tracer, scope)
        if span is None:
            await self._app(scope, receive, send)
            return
        await self._serve_traced(span, scope, receive, send)

    async def _serve_traced(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_noting_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                span.set_attribute("http.response.status_code", status)
                if status >= _SERVER_ERROR:
                    span.set_status(StatusCode.ERROR)
            await send(message)

        try:
            with trace.use_span(span, record_exception=True, set_status_on_exception=True):
                await self._app(scope, receive, send_noting_status)
        finally:
            span.update_name(f"{scope['method']} {_route(scope)}")
            span.end()


def _start(tracer: Tracer, scope: Scope) -> Span | None:
    header = next((value for name, value in scope["headers"] if name == _HEADER), None)
    parent = parse(header)
    # The tracer would say the same of it, for the price of ids and a span that records nothing.
    if parent is not None and not parent.trace_flags.sampled:
        return None
    under = context.Context()
    if parent is not None:
        under = trace.set_span_in_context(NonRecordingSpan(parent), under)
    span = tracer.start_span(
        scope["method"],
        under,
        kind=SpanKind.SERVER,
        attributes={"http.request.method": scope["method"], "url.path": scope["path"]},
    )
    return span if span.is_recording() else None


def _route(scope: Scope) -> str:
    """Name the route by its template: paths hold ids, and an unknown path may hold anything."""
    mounted_at = scope.get("root_path", "")
    route = scope.get("route")
    if route is not None:
        return f"{mounted_at}{route.path}".rstrip("/") or "/"
    # FastAPI names its own routes only. Of a plain one that takes no parameters, the path is the
    # template.
    is_plain = "endpoint" in scope and not scope.get("path_params")
    return mounted_at or (scope["path"] if is_plain else "(no route)")
