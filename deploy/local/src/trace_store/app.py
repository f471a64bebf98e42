"""The store's HTTP side: takes spans in, gives traces out, shows the page."""

import asyncio
import zlib
from importlib.resources import files
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import probes, serve
from trace_store import otlp
from trace_store.settings import Settings
from trace_store.spans import Span
from trace_store.store import Store, Summary

BODY_BYTES_MAX: Final = 64 * 2**20
"""Of an export, unpacked: exporters send a thousand spans or so at a time."""
TRACES_MAX: Final = 500

_PROTOBUF: Final = "application/x-protobuf"
_JSON: Final = "application/json"
_ACCEPTED: Final = ExportTraceServiceResponse().SerializeToString()
_PAGE: Final = {
    "/": ("index.html", "text/html"),
    "/viewer.css": ("viewer.css", "text/css"),
    "/viewer.js": ("viewer.js", "text/javascript"),
}
# Span names come from anywhere: the page runs its own script and no other.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src data:",
    "Cache-Control": "no-cache",
}


def make_app(store: Store) -> Starlette:
    """The application over `store`."""

    async def receive(request: Request) -> Response:
        spans = _decode(request, await _body(request))
        store.insert(spans)
        if _content_type(request) == _JSON:
            return JSONResponse({})
        return Response(_ACCEPTED, media_type=_PROTOBUF)

    async def list_traces(request: Request) -> Response:
        query = request.query_params
        limit = query.get("limit", "100")
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= TRACES_MAX):
            raise HTTPException(400, f"limit must be 1 to {TRACES_MAX}")
        traces = store.select_traces(
            query.get("id", "").strip().lower() or None,
            with_batches=query.get("batches") == "1",
            limit=int(limit),
        )
        return JSONResponse({"traces": [_summary_json(each) for each in traces]})

    async def show_trace(request: Request) -> Response:
        spans = store.select_spans(request.path_params["trace_id"].lower())
        if not spans:
            raise HTTPException(404, "no such trace: it may not have arrived yet, or was dropped")
        return JSONResponse(_trace_json(spans))

    return Starlette(
        routes=[
            Route("/v1/traces", receive, methods=["POST"]),
            Route("/api/traces", list_traces),
            Route("/api/traces/{trace_id}", show_trace),
            *(_page(path, name, media_type) for path, (name, media_type) in _PAGE.items()),
            *probes.routes([]),
        ]
    )


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`."""
    store = Store(settings.data_file, bytes_max=settings.size_mb_max * 2**20)
    await serve.serve_app(
        make_app(store),
        stop,
        host=settings.http_host,
        port=settings.http_port,
        grace_s=settings.shutdown_grace_s,
    )
    store.close()


def _page(path: str, name: str, media_type: str) -> Route:
    content = files("trace_store").joinpath("viewer", name).read_bytes()

    async def show(_: Request) -> Response:
        return Response(content, media_type=media_type, headers=_PAGE_HEADERS)

    return Route(path, show)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _decode(request: Request, body: bytes) -> list[Span]:
    try:
        match _content_type(request):
            case "application/x-protobuf":
                return otlp.decode_protobuf(body)
            case "application/json":
                return otlp.decode_json(body)
            case other:
                raise HTTPException(415, f"send {_PROTOBUF} or {_JSON}, not {other or 'nothing'}")
    except otlp.MalformedError as error:
        raise HTTPException(400, str(error)) from error


async def _body(request: Request) -> bytes:
    body = await request.body()
    match request.headers.get("content-encoding", "identity"):
        case "identity":
            return body
        case "gzip":
            return _unpack(body)
        case other:
            raise HTTPException(415, f"send gzip or nothing, not {other}")


def _unpack(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        # Never more than this, whatever a few bytes claim to hold.
        unpacked = unpacker.decompress(body, BODY_BYTES_MAX)
    except zlib.error as error:
        raise HTTPException(400, f"not gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise HTTPException(413, f"more than {BODY_BYTES_MAX} bytes")
    if not unpacker.eof:
        raise HTTPException(400, "not gzip: the end is missing")
    return unpacked


def _summary_json(trace: Summary) -> dict[str, Any]:
    # Microseconds: a script's numbers cannot hold nanoseconds since the epoch.
    return {
        "trace_id": trace.trace_id,
        "gift_id": trace.gift_id,
        "name": trace.name,
        "began_us": trace.began_ns // 1_000,
        "duration_us": trace.duration_ns / 1_000,
        "spans": trace.spans,
        "processes": trace.processes,
        "errors": trace.errors,
    }


def _trace_json(spans: list[Span]) -> dict[str, Any]:
    began_ns = spans[0].start_ns
    return {
        "trace_id": spans[0].trace_id,
        "gift_id": next((span.gift_id for span in spans if span.gift_id), None),
        "began_us": began_ns // 1_000,
        "duration_us": (max(span.end_ns for span in spans) - began_ns) / 1_000,
        "spans": [
            {
                "span_id": span.span_id,
                "parent_id": span.parent_id,
                "process": span.process,
                "name": span.name,
                "kind": span.kind,
                "offset_us": (span.start_ns - began_ns) / 1_000,
                "duration_us": (span.end_ns - span.start_ns) / 1_000,
                "error": span.error,
                "attributes": dict(span.attributes),
                "links": [link._asdict() for link in span.links],
                "events": [event._asdict() for event in span.events],
            }
            for span in spans
        ],
    }
