import gzip
from collections.abc import Callable

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from trace_store import app
from trace_store.spans import Span
from trace_store.store import Store

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
GZIP = {"Content-Encoding": "gzip"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
GIFT = "0190c0de-0000-7000-8000-000000000001"

ONE_SPAN = f"""{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{
    "traceId": "{TRACE}", "spanId": "b7ad6b7169203331", "name": "POST /graphql", "kind": 2,
    "startTimeUnixNano": "1800000000000000000", "endTimeUnixNano": "1800000000004500000"
}}]}}]}}]}}""".encode()

type MakeSpan = Callable[..., Span]


@pytest.fixture
def protobuf() -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id = bytes.fromhex(TRACE)
    span.span_id = bytes.fromhex("b7ad6b7169203331")
    span.start_time_unix_nano = span.end_time_unix_nano = 1_800_000_000_000_000_000
    return request.SerializeToString()


async def test_takes_protobuf(client: httpx.AsyncClient, store: Store, protobuf: bytes) -> None:
    response = await client.post("/v1/traces", content=protobuf, headers=PROTOBUF)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/x-protobuf"
    assert len(store.select_spans(TRACE)) == 1


async def test_takes_json(client: httpx.AsyncClient, store: Store) -> None:
    response = await client.post("/v1/traces", content=ONE_SPAN, headers=JSON)

    assert (response.status_code, response.json()) == (200, {})
    assert len(store.select_spans(TRACE)) == 1


async def test_takes_gzip(client: httpx.AsyncClient, store: Store) -> None:
    body = gzip.compress(ONE_SPAN)

    response = await client.post("/v1/traces", content=body, headers=JSON | GZIP)

    assert response.status_code == 200
    assert len(store.select_spans(TRACE)) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xff\xfe\xfd", PROTOBUF, 400),
        (b"\xff\xfe\xfd", JSON, 400),
        (b"\xff\xfe\xfd", JSON | GZIP, 400),
        (gzip.compress(ONE_SPAN)[:-9], JSON | GZIP, 400),
        (ONE_SPAN, {"Content-Type": "text/plain"}, 415),
        (ONE_SPAN, {}, 415),
        (ONE_SPAN, JSON | {"Content-Encoding": "br"}, 415),
    ],
    ids=["protobuf", "json", "gzip", "cut-gzip", "text", "untyped", "brotli"],
)
async def test_refuses_what_it_cannot_read(
    client: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    response = await client.post("/v1/traces", content=body, headers=headers)

    assert response.status_code == status
    assert (await client.get("/api/traces")).json() == {"traces": []}


async def test_a_small_body_cannot_unpack_to_a_huge_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "BODY_BYTES_MAX", 1_000)

    response = await client.post(
        "/v1/traces", content=gzip.compress(b" " * 10_000_000), headers=JSON | GZIP
    )

    assert response.status_code == 413


async def test_lists_and_shows_a_trace(
    client: httpx.AsyncClient, store: Store, make_span: MakeSpan
) -> None:
    store.insert(
        [
            make_span(1, start_ns=1_800_000_000_000_000_000, end_ns=1_800_000_000_004_500_000),
            make_span(
                2,
                parent_id=f"{1:016x}",
                process="wallet-worker",
                name="process gifts.charge.v1",
                start_ns=1_800_000_000_001_000_000,
                end_ns=1_800_000_000_002_000_000,
                attributes={"largesse.gift_id": GIFT},
            ),
        ]
    )

    listed = (await client.get("/api/traces", params={"id": f" {GIFT.upper()} "})).json()
    shown = (await client.get(f"/api/traces/{TRACE.upper()}")).json()

    assert listed["traces"] == [
        {
            "trace_id": TRACE,
            "gift_id": GIFT,
            "name": "POST /graphql",
            "began_us": 1_800_000_000_000_000,
            "duration_us": 4_500.0,
            "spans": 2,
            "processes": 2,
            "errors": 0,
        }
    ]
    assert (shown["trace_id"], shown["gift_id"], shown["duration_us"]) == (TRACE, GIFT, 4_500.0)
    assert [(span["name"], span["offset_us"], span["duration_us"]) for span in shown["spans"]] == [
        ("POST /graphql", 0, 4_500.0),
        ("process gifts.charge.v1", 1_000.0, 1_000.0),
    ]


async def test_an_unknown_trace_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/api/traces/{TRACE}")).status_code == 404


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "²"])
async def test_a_silly_limit_is_refused(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.get("/api/traces", params={"limit": limit})).status_code == 400


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/", "text/html"), ("/viewer.css", "text/css"), ("/viewer.js", "text/javascript")],
)
async def test_serves_its_page_and_nothing_from_elsewhere(
    client: httpx.AsyncClient, path: str, media_type: str
) -> None:
    response = await client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "http://" not in response.text
    assert "https://" not in response.text
