"""What whoever watches is told of a run."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from checker_world import Copy, World
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from test_command import checker

from checker.report import Finding, Report
from checker.telling import METRICS, STATUS_UNTOLD, figures


class Receiver(ThreadingHTTPServer):
    """Takes OTLP/HTTP, as a collector does, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[ExportMetricsServiceRequest] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def samples(self) -> dict[tuple[str, str], float]:
        """Values by name and the labels' values."""
        found: dict[tuple[str, str], float] = {}
        for request in self.taken:
            for metric in request.resource_metrics[0].scope_metrics[0].metrics:
                for point in metric.gauge.data_points:
                    labels = ",".join(each.value.string_value for each in point.attributes)
                    number = point.as_int if point.HasField("as_int") else point.as_double
                    found[metric.name, labels] = number
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Receiver  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        assert self.path == "/v1/metrics"
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


async def test_clean_books_are_told(world: World, receiver: Receiver) -> None:
    """With each invariant that was looked at, so that one that is missing is seen as well."""
    status, _, errors = await checker(world, "--otlp-endpoint", receiver.url)

    samples = receiver.samples()
    assert (status, errors.count("\n")) == (0, errors.count("checker: "))
    assert samples["largesse_books_clean", ""] == 1
    assert samples["largesse_books_checked_timestamp_seconds", ""] > 1_700_000_000
    assert samples["largesse_books_wrong", "INV3"] == 0
    resource = receiver.taken[0].resource_metrics[0].resource
    assert [each.value.string_value for each in resource.attributes] == ["checker"]


async def test_a_breach_is_told(broken: Copy, receiver: Receiver) -> None:
    """By the number of what is wrong, under the invariant's name."""
    copy = await broken()
    async with copy.tampering("gifts") as conn:
        await conn.execute("UPDATE creator_total SET coins = coins + 1 WHERE creator_id = 'star'")

    status, *_ = await checker(copy, "--otlp-endpoint", receiver.url)

    samples = receiver.samples()
    assert status == 1
    assert samples["largesse_books_clean", ""] == 0
    assert samples["largesse_books_wrong", "INV3"] == 1


async def test_the_daily_job_tells_what_is_owed(world: World, receiver: Receiver) -> None:
    """Everything that is declared, and nothing else."""
    await checker(world, "--otlp-endpoint", receiver.url, module="checker.daily")

    samples = receiver.samples()
    assert {name for name, _ in samples} == METRICS.keys()
    assert samples["largesse_owed_micro_diamonds", ""] > 0
    assert samples["largesse_overdue", "held_payouts"] == 0
    assert samples["largesse_dead_letters_kept", "wallet"] == 0


async def test_a_result_that_nobody_takes_is_no_success(world: World) -> None:
    """The job fails, so that its owner hears of it though nothing is wrong with the books."""
    status, output, errors = await checker(world, "--otlp-endpoint", "http://127.0.0.1:1")

    assert status == STATUS_UNTOLD
    assert output.splitlines()[-1].startswith("books: clean (")
    assert errors.splitlines()[-1] == (
        "checker: http://127.0.0.1:1 does not take the result: see that it is up"
    )


def test_what_was_not_looked_at_is_not_told_clean() -> None:
    """A skipped comparison has no sample: zero would say that it was made."""
    found = (
        Finding("INV4", "wallet = gifts", "the same", skipped="no calm"),
        Finding("INV3", "gifts", "sums", 5, 2),
        Finding("INV3", "wallet", "sums", 5, 1),
    )

    told = figures(Report(found, 1.0), at_s=7)

    assert [each for each in told if each.name == "largesse_books_wrong"] == [
        ("largesse_books_wrong", 3, ("INV3",))
    ]
