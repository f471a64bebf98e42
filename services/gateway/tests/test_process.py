"""The process: settings, probes, metrics, its end."""

import asyncio
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from gateway_process import Gateway, Issuer, run_gateway, spawn, wait_ready
from subgraphs import Subgraphs, answer

from local_stack import ports


def test_probes_answer(gateway: Gateway) -> None:
    """Under the names of our services and under those of gateways."""
    for path in ("/livez", "/healthcheck", "/readyz", "/readiness"):
        assert gateway.client.get(path).status_code == 200
    assert gateway.client.get("/nowhere").status_code == 404


def test_metrics_count_what_happens(gateway: Gateway, issuer: Issuer) -> None:
    """Requests by outcome, errors by code, services by name; no label that callers make up."""
    gateway.post("{ me { balance { coins } } }", token=issuer.token(scope="viewer"))
    gateway.post("{ me { id } }")
    gateway.post("{ secretName")

    metrics = gateway.client.get("/metrics")

    assert metrics.headers["content-type"].startswith("text/plain")
    for line in (
        'graphql_request_seconds_count{outcome="ok"}',
        'graphql_request_seconds_count{outcome="refused"}',
        'graphql_errors_total{code="UNAUTHENTICATED"}',
        'subgraph_request_seconds_count{subgraph="wallet"}',
        'subgraph_failures_total{subgraph="gifts"} ',
        "nodejs_eventloop_lag_seconds",
    ):
        assert line in metrics.text
    assert "secretName" not in metrics.text


def test_settings_may_stand_in_files(tmp_path: Path, settings: dict[str, str]) -> None:
    """Called like their variables, in a directory, as Kubernetes mounts a Secret."""
    told = dict(settings)
    (tmp_path / "GATEWAY_TOKEN_ISSUER").write_text(told.pop("GATEWAY_TOKEN_ISSUER") + "\n")
    (tmp_path / "ca.crt").write_text("other's")

    with run_gateway(tmp_path, told | {"GATEWAY_SECRETS_DIR": str(tmp_path)}) as gateway:
        assert gateway.client.get("/readyz").is_success


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"GATEWAY_COST_MXA": "5"}, "GATEWAY_COST_MXA is not a setting"),
        ({"GATEWAY_COST_MAX": " "}, "GATEWAY_COST_MAX is empty"),
        ({"GATEWAY_TOKEN_ISSUER": "x"}, "the variable GATEWAY_TOKEN_ISSUER are both there"),
        (None, "which cannot be read (ENOENT): mount the Secret there"),
    ],
    ids=["misspelt", "empty", "twice", "no directory"],
)
def test_a_wrong_secret_file_is_one_clear_line(
    tmp_path: Path, settings: dict[str, str], files: dict[str, str] | None, problem: str
) -> None:
    """And the process does not start."""
    folder = tmp_path / "secrets"
    if files is not None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    log = tmp_path / "log"
    told = settings | {"GATEWAY_PORT": "0", "GATEWAY_SECRETS_DIR": str(folder)}

    assert spawn(told, log).wait(30) == 2
    assert problem in log.read_text()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"GATEWAY_PORT": ""}, "GATEWAY_PORT is missing"),
        ({"GATEWAY_PORT": "x"}, "GATEWAY_PORT is not a whole number from 0 to 65535"),
        ({"GATEWAY_JWKS_URL": "http://issuer.test"}, "GATEWAY_JWKS_URL is not an address"),
        ({"GATEWAY_WALLET_URL": ""}, "GATEWAY_WALLET_URL is missing"),
        ({"GATEWAY_DEVELOPMENT": "maybe"}, "GATEWAY_DEVELOPMENT is neither true nor false"),
        ({"GATEWAY_TRACE_SAMPLE_RATIO": "2"}, "GATEWAY_TRACE_SAMPLE_RATIO is not a number"),
        ({"GATEWAY_LOG_FORMAT": "xml"}, "GATEWAY_LOG_FORMAT is none of json, console"),
        ({"GATEWAY_RATE_LIMIT": "5"}, "GATEWAY_RATE_LIMIT is not a setting"),
    ],
    ids=str,
)
def test_bad_settings_are_one_clear_line(
    folder: Path, settings: dict[str, str], changes: dict[str, str], problem: str
) -> None:
    """And the process does not start."""
    log = folder / "settings.log"
    process = spawn(settings | {"GATEWAY_PORT": "0"} | changes, log)

    assert process.wait(30) == 2
    (line,) = log.read_text().splitlines()
    assert line.startswith("gateway: ")
    assert problem in line


def test_all_bad_settings_are_named_at_once(folder: Path) -> None:
    """Not one after another."""
    log = folder / "nothing.log"

    assert spawn({}, log).wait(30) == 2
    for name in ("PORT", "JWKS_URL", "TOKEN_ISSUER", "TOKEN_AUDIENCE", "GIFTS_URL"):
        assert f"GATEWAY_{name} is missing" in log.read_text()


def test_taken_port_is_one_clear_line(folder: Path, settings: dict[str, str]) -> None:
    """With the remedy."""
    log = folder / "taken.log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = spawn(settings | {"GATEWAY_PORT": str(port)}, log)
        assert process.wait(30) == 2

    (line,) = log.read_text().splitlines()
    assert line == (
        f"gateway: cannot listen on 127.0.0.1:{port}: the port is taken: set GATEWAY_PORT"
    )


def test_ending_finishes_what_is_under_way(
    folder: Path, settings: dict[str, str], issuer: Issuer, subgraphs: Subgraphs
) -> None:
    """A request that is waiting for a service when SIGTERM comes gets its answer."""
    arrived, go_on = threading.Event(), threading.Event()
    answers: list[dict[str, Any]] = []

    async def slow(send: Any) -> None:
        arrived.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        await answer(send, b'{"data": {"creator": {"id": "late"}}}')

    def ask(gateway: Gateway) -> None:
        answers.append(gateway.post('{ creator(id: "late") { id } }').json())

    with (
        run_gateway(folder, settings) as gateway,
        subgraphs.failing("gifts", slow),
        subgraphs.failing("payouts", slow),
    ):
        asking = threading.Thread(target=ask, args=[gateway])
        asking.start()
        assert arrived.wait(20)
        gateway.process.terminate()
        go_on.set()
        asking.join(20)

    assert answers == [{"data": {"creator": {"id": "late"}}}]


def test_restart_needs_no_services(folder: Path, settings: dict[str, str], issuer: Issuer) -> None:
    """A gateway is ready by itself, and says which part is away."""
    away = {"GATEWAY_WALLET_URL": f"http://127.0.0.1:{ports.one_free()}/graphql"}

    with run_gateway(folder, settings | away) as gateway:
        body = gateway.post("{ me { balance { coins } } }", token=issuer.token(scope="viewer"))
        wait_ready(gateway.process, gateway.client, gateway.log)

    assert body.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
