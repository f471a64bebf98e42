"""Where there is no Grafana, the same dashboards are drawn plainly."""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from observe import places
from observe.drawing import in_words
from observe.drawing_server import DrawingServer

NAMES = sorted(path.stem for path in places.DASHBOARDS.glob("*.json"))


class Prometheus(ThreadingHTTPServer):
    """Answers each query with one line from 1 to 3, a hole in it, under every label."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Prometheus  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        told = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
        self.server.asked.append(told["query"])
        result: dict[str, object] = {"metric": {"topic": "gifts.<charge>.v1"}}
        if url.path.endswith("query_range"):
            end = float(told["end"])
            result["values"] = [[end - 900, "1"], [end - 450, "NaN"], [end, "3"]]
        else:
            result["value"] = [float(told["time"]), "3"]
        body = json.dumps({"data": {"result": [result]}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    server = Prometheus()
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def drawings(prometheus: Prometheus) -> Iterator[str]:
    server = DrawingServer(0, f"http://127.0.0.1:{prometheus.server_port}")
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_is_drawn(name: str, drawings: str, prometheus: Prometheus) -> None:
    """By its own queries, and with the values that Prometheus answers."""
    panels = json.loads((places.DASHBOARDS / f"{name}.json").read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]

    page = get(f"{drawings}/{name}")

    lines = sum(len(panel["targets"]) for panel in panels if panel["type"] == "timeseries")
    assert page.count("<section") == len(panels)
    assert page.count("<polyline") == lines > 0
    assert "no data" not in page
    assert sorted(prometheus.asked) == sorted(
        query.replace("$__rate_interval", "1m") for query in queries
    )
    # From a third of the height at the left edge to the top at the right one; NaN is left out.
    assert page.count('points="0.0,120.0 600.0,0.0"') == lines


def test_what_labels_say_is_shown_as_text(drawings: str) -> None:
    assert "gifts.&lt;charge&gt;.v1" in get(f"{drawings}/pipeline")


def test_no_such_dashboard(drawings: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{drawings}/../../etc/passwd")


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0421, "s", "42.1 ms"),
        (12.3, "s", "12.3 s"),
        (1234567.0, "short", "1,234,567"),
        (0.5, "short", "0.5"),
        (3.0, "reqps", "3/s"),
        (2**21, "bytes", "2 MiB"),
        (1_795_880_000_000, "dateTimeFromNow", "60 s ago"),
    ],
)
def test_units(value: float, unit: str, words: str) -> None:
    assert in_words(value, unit, datetime.fromtimestamp(1_795_880_060, UTC)) == words
