"""Serves the plain drawings of dashboards, over a Prometheus."""

import json
import math
import threading
import urllib.parse
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

from local_stack.ports import HOST
from observe import drawing, places
from observe.drawing import Line


class DrawingServer(ThreadingHTTPServer):
    """Serves until it is shut down, in a thread of its own."""

    daemon_threads = True

    def __init__(self, port: int, prometheus_url: str) -> None:
        """`port`: 0 for any."""
        super().__init__((HOST, port), _Handler)
        self.prometheus_url = prometheus_url
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def ask(self, at: datetime, query: str, only_now: bool) -> Sequence[Line]:
        """Have Prometheus answer a query as of a moment."""
        end = at.timestamp()
        if only_now:
            path, told = "query", {"time": end}
        else:
            told = {"start": end - drawing.SPAN_S, "end": end, "step": drawing.STEP_S}
            path = "query_range"
        asked = urllib.parse.urlencode({"query": query, **told})
        with urllib.request.urlopen(f"{self.prometheus_url}/api/v1/{path}?{asked}") as answer:
            result = json.load(answer)["data"]["result"]
        return [
            Line(each["metric"], _numbers([each["value"]] if only_now else each["values"]))
            for each in result
        ]


def _numbers(pairs: Sequence[tuple[float, str]]) -> list[tuple[float, float]]:
    return [(at, float(value)) for at, value in pairs if math.isfinite(float(value))]


class _Handler(BaseHTTPRequestHandler):
    server: DrawingServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Answer with the dashboard that the path names, or the first."""
        names = sorted(path.stem for path in places.DASHBOARDS.glob("*.json"))
        name = self.path.strip("/") or names[0]
        if name not in names:
            self.send_error(404, "there is no such dashboard")
            return
        document = json.loads((places.DASHBOARDS / f"{name}.json").read_text())
        # One moment for all panels: what the last one asks for is seconds later on a slow machine.
        at = datetime.now(UTC)
        page = drawing.page(document, names, partial(self.server.ask, at), at=at).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
