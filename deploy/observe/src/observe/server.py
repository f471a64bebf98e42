"""Prometheus over the local stack with our rules, and our dashboards."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from local_stack import checking, ports
from local_stack.addresses import Addresses
from local_stack.paths import LOCAL
from local_stack.ports import HOST
from local_stack.problem import LocalProblemError
from local_stack.run import require_running
from local_stack.supervise import HOME
from observe import metrics, places, tools
from observe.drawing_server import DrawingServer

_HOME: Final = LOCAL / "observe"
_SCRAPE_EVERY: Final = "5s"
_CHECK_EVERY_S: Final = 300
_READY_TIMEOUT_S: Final = 60


def configuration(listening: Mapping[str, int]) -> dict[str, Any]:
    """Prometheus' configuration for a stack: what ops write for theirs, with other addresses.

    Args:
        listening: The ports of the stack's processes, by name.
    """
    return {
        "global": {"scrape_interval": _SCRAPE_EVERY, "evaluation_interval": _SCRAPE_EVERY},
        "rule_files": sorted(map(str, places.RULES.glob("*.yaml"))),
        "scrape_configs": [
            {"job_name": process, "static_configs": [{"targets": [f"{HOST}:{listening[process]}"]}]}
            for process in metrics.PROCESSES
        ],
    }


def prometheus_command(folder: Path, port: int) -> Sequence[str]:
    """How to run Prometheus on the configuration in a folder, in which its data are as well."""
    return [
        str(tools.prometheus()),
        f"--config.file={folder / 'prometheus.json'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=7d",
        f"--web.listen-address={HOST}:{port}",
        # The checker sends its results here; in a cluster the collector passes them on.
        "--web.enable-otlp-receiver",
        "--log.level=warn",
    ]


def otlp_address(port: int) -> str:
    """Where this Prometheus takes what is sent."""
    return f"http://{HOST}:{port}/api/v1/otlp"


def observe() -> int:
    """Watch the stack of `make run` until interrupted.

    Raises:
        LocalProblemError: No stack runs, or Prometheus cannot be had.
    """
    addresses = require_running()
    folder = _HOME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.json").write_text(json.dumps(configuration(addresses.ports), indent=2))
    port = _port("prometheus", 4090)
    running = [subprocess.Popen(prometheus_command(folder, port))]
    try:
        wait_ready(port, running[0])
        print(f"Prometheus: http://{HOST}:{port}, alerts at /api/v1/alerts", flush=True)
        grafana = _start_grafana(folder, port)
        if grafana is not None:
            running.append(grafana)
        return _watch(addresses, running, otlp_address(port))
    except KeyboardInterrupt:
        return 0
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()


def _port(name: str, default: int) -> int:
    """Chosen as those of the stack's processes are.

    Raises:
        LocalProblemError: It is taken.
    """
    port = int(os.environ.get(ports.variable(name), default))
    ports.require_free(name, port)
    return port


def wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until Prometheus answers.

    Raises:
        LocalProblemError: It ended, or takes too long.
    """
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalProblemError("Prometheus has ended: its last words are above")
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/-/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise LocalProblemError(f"Prometheus is not ready after {_READY_TIMEOUT_S} s")


def _watch(addresses: Addresses, running: Sequence[subprocess.Popen[bytes]], told_at: str) -> int:
    """Have the books checked now and then, as a cluster's job does, until something ends."""
    check_at = 0.0
    while all(process.poll() is None for process in running):
        if time.monotonic() >= check_at:
            status = checking.daily(HOME, addresses, "--summary", "--otlp-endpoint", told_at)
            print(f"checked the books: exit status {status}; Ctrl-C ends the watching", flush=True)
            check_at = time.monotonic() + _CHECK_EVERY_S
        time.sleep(0.5)
    raise LocalProblemError("Prometheus or Grafana has ended: see above")


def _start_grafana(folder: Path, prometheus: int) -> subprocess.Popen[bytes] | None:
    """Grafana with our dashboards; without one, None, and they are drawn plainly instead."""
    binary = tools.grafana()
    port = _port("grafana", 4091)
    if binary is None:
        DrawingServer(port, f"http://{HOST}:{prometheus}")
        print(
            f"Dashboards, drawn plainly: http://{HOST}:{port}. There is no `grafana` on"
            " PATH, and no package registry offers one; deploy/grafana/dashboards go into any",
            flush=True,
        )
        return None
    settings = {
        "GF_PATHS_DATA": str(folder / "grafana"),
        "GF_PATHS_PROVISIONING": str(places.PROVISIONING),
        "GF_SERVER_HTTP_ADDR": HOST,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "LARGESSE_PROMETHEUS_URL": f"http://{HOST}:{prometheus}",
        "LARGESSE_DASHBOARDS": str(places.DASHBOARDS),
    }
    home = binary.resolve().parents[1]
    command = ["env", *(f"{name}={value}" for name, value in settings.items())]
    process = subprocess.Popen([*command, str(binary), "server", "--homepath", str(home)])
    print(f"Grafana: http://{HOST}:{port}/dashboards", flush=True)
    return process
