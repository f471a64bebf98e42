from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from chassis.telemetry import TracingMiddleware, annotate, current_traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"
SAMPLED = f"00-{TRACE}-b7ad6b7169203331-01"
UNSAMPLED = f"00-{TRACE}-b7ad6b7169203331-00"


async def answer_traceparent(_: Request) -> PlainTextResponse:
    annotate({"subject": "s1"})
    return PlainTextResponse(current_traceparent() or "none")


async def fail(_: Request) -> PlainTextResponse:
    raise LookupError("gone")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(routes=[Route("/livez", answer_traceparent), Route("/fails", fail)])
    app.router.routes.append(Route("/plain", answer_traceparent))
    app.mount("/graphql", Starlette(routes=[Route("/", answer_traceparent)]))

    @app.get("/gifts/{gift_id}")
    async def find_gift(gift_id: str) -> str:
        return current_traceparent() or gift_id

    app.add_middleware(TracingMiddleware)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as opened:
        yield opened


async def test_continues_the_callers_trace(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    response = await client.get("/graphql/", headers={"traceparent": SAMPLED})

    (server,) = spans.get_finished_spans()
    context = server.get_span_context()
    assert context is not None
    assert response.text == f"00-{TRACE}-{context.span_id:016x}-01"
    assert (server.name, server.kind) == ("GET /graphql", SpanKind.SERVER)
    assert dict(server.attributes or {}) == {
        "http.request.method": "GET",
        "url.path": "/graphql/",
        "http.response.status_code": 200,
        "subject": "s1",
    }


async def test_starts_a_trace_when_the_caller_has_none(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    response = await client.get("/graphql/", headers={"traceparent": "rubbish"})

    (server,) = spans.get_finished_spans()
    assert server.parent is None
    assert response.text != "none"


async def test_names_the_span_by_the_routes_template(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    await client.get("/gifts/g1")
    await client.get("/plain")
    await client.get("/no/such/path")

    names = [each.name for each in spans.get_finished_spans()]
    assert names == ["GET /gifts/{gift_id}", "GET /plain", "GET (no route)"]


@pytest.mark.parametrize(
    ("path", "header"), [("/livez", SAMPLED), ("/graphql/", UNSAMPLED)], ids=["probe", "unsampled"]
)
async def test_probes_and_unsampled_requests_have_no_span(
    client: httpx.AsyncClient, spans: InMemorySpanExporter, path: str, header: str
) -> None:
    response = await client.get(path, headers={"traceparent": header})

    assert response.text == "none"
    assert spans.get_finished_spans() == ()


async def test_the_ratio_decides_about_new_traces(
    client: httpx.AsyncClient, spans_of_no_root: InMemorySpanExporter
) -> None:
    assert (await client.get("/graphql/")).text == "none"
    assert (await client.get("/graphql/", headers={"traceparent": SAMPLED})).text != "none"
    assert len(spans_of_no_root.get_finished_spans()) == 1


async def test_a_failing_request_is_marked(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    response = await client.get("/fails")

    (server,) = spans.get_finished_spans()
    assert response.status_code == 500
    assert not server.status.is_ok
    assert [event.name for event in server.events] == ["exception"]


async def test_without_tracing_requests_pass_through(client: httpx.AsyncClient) -> None:
    assert (await client.get("/graphql/", headers={"traceparent": SAMPLED})).text == "none"
