"""Spans of the gateway, as a receiver of OTLP gets them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from gateway_process import Gateway, Issuer, run_gateway
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from subgraphs import Subgraphs

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Receiver(ThreadingHTTPServer):
    """Keeps the spans that are sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Span] = []
        self.grown = threading.Condition()

    def wait_for(self, trace_id: str, count: int) -> list[Span]:
        """The spans of a trace, once there are that many."""

        def found() -> list[Span]:
            return [span for span in self.spans if span.trace_id.hex() == trace_id]

        with self.grown:
            assert self.grown.wait_for(lambda: len(found()) >= count, timeout=20), self.spans
            return found()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver = self.server
        assert isinstance(receiver, Receiver)
        request = ExportTraceServiceRequest.FromString(self._read_chunks())
        with receiver.grown:
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    receiver.spans += scope.spans
            receiver.grown.notify_all()
        self.send_response(200)
        self.end_headers()

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def traced(folder: Path, settings: dict[str, str], receiver: Receiver) -> Iterator[Gateway]:
    tracing = {
        "GATEWAY_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.server_port}",
        "GATEWAY_TRACE_SAMPLE_RATIO": "0",
    }
    with run_gateway(folder, settings | tracing) as running:
        yield running


def test_request_joins_the_callers_trace(
    traced: Gateway, receiver: Receiver, issuer: Issuer, subgraphs: Subgraphs
) -> None:
    """A span for the request, one for each service under it, and each service hears of its own."""
    body = {"query": "query Both { me { id balance { coins } giftsSent { nodes { id } } } }", "operationName": "Both"}  # fmt: skip # noqa: E501
    headers = {
        "authorization": f"Bearer {issuer.token(scope='viewer')}",
        "traceparent": f"00-{TRACE}-{PARENT}-01",
    }

    traced.client.post("/graphql", json=body, headers=headers)

    spans = {span.name: span for span in receiver.wait_for(TRACE, 3)}
    request = spans["graphql Both"]
    assert request.parent_span_id.hex() == PARENT
    for name in ("wallet", "gifts"):
        assert spans[f"ask {name}"].parent_span_id == request.span_id
    assert {
        received.service: received.headers["traceparent"] for received in subgraphs.received
    } == {
        name: f"00-{TRACE}-{spans[f'ask {name}'].span_id.hex()}-01" for name in ("wallet", "gifts")
    }


def test_callers_decision_not_to_sample_is_kept(
    traced: Gateway, receiver: Receiver, subgraphs: Subgraphs
) -> None:
    """Nothing is recorded, and the services are told so."""
    unsampled = "1" * 32
    traced.post(
        '{ creator(id: "c") { id } }', headers={"traceparent": f"00-{unsampled}-{PARENT}-00"}
    )
    traced.post(
        '{ creator(id: "c") { id } }', headers={"traceparent": f"00-{TRACE[::-1]}-{PARENT}-01"}
    )

    receiver.wait_for(TRACE[::-1], 2)

    first = subgraphs.received[0].headers["traceparent"]
    assert first.startswith(f"00-{unsampled}-")
    assert first.endswith("-00")
    assert not [span for span in receiver.spans if span.trace_id.hex() == unsampled]


@pytest.mark.parametrize(
    "header", ["x", "00-" + "0" * 32 + f"-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01"]
)
def test_malformed_traceparent_starts_a_trace_of_its_own(
    traced: Gateway, subgraphs: Subgraphs, header: str
) -> None:
    """Never the request's failure; not sampled here, by the ratio."""
    response = traced.post('{ creator(id: "c") { id } }', headers={"traceparent": header})

    assert response.status_code == 200
    sent = subgraphs.received[0].headers["traceparent"]
    assert TRACE not in sent
    assert sent.endswith("-00")


def test_without_receiver_the_callers_trace_passes_through(
    gateway: Gateway, subgraphs: Subgraphs
) -> None:
    """The gateway adds nothing to it."""
    traceparent = f"00-{TRACE}-{PARENT}-01"

    gateway.post('{ creator(id: "c") { id } }', headers={"traceparent": traceparent})

    assert subgraphs.received[0].headers["traceparent"] == traceparent
