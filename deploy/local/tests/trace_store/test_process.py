"""The store as a process, with a real exporter before it and `show` behind it."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chassis.telemetry import SpanGroup, annotate, current_traceparent, tracing
from chassis.testing.eventually import eventually
from local_stack import ports

GIFT = "0190c0de-0000-7000-8000-000000000001"


@dataclass
class Shown:
    """What `show` did."""

    status: int
    output: str
    errors: str


async def show(wanted: str, url: str) -> Shown:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "trace_store",
        "show",
        wanted,
        "--url",
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return Shown(process.returncode, output.decode(), errors.decode())


@asynccontextmanager
async def running(port: int, data_file: Path) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "trace_store",
        "serve",
        env={
            "PATH": os.environ["PATH"],
            "TRACE_STORE_HTTP_PORT": str(port),
            "TRACE_STORE_DATA_FILE": str(data_file),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            await process.stdout.readuntil(b'"listening"')
        yield
        process.terminate()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
def port() -> int:
    return ports.one_free()


async def test_what_a_process_exports_is_shown(port: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{port}"
    async with running(port, tmp_path / "traces.sqlite"):
        tracing.start("gifts", "api", url, 1.0)
        tracer = tracing.active_tracer()
        assert tracer is not None
        with tracer.start_as_current_span("POST /graphql"):
            annotate({"largesse.gift_id": GIFT})
            traceparent = current_traceparent()
        with SpanGroup("write gifts", [traceparent]):
            pass
        tracing.stop()

        shown = await eventually(lambda: show(GIFT, url), until=lambda shown: shown.status == 0)
        missing = await show("0190c0de-0000-7000-8000-00000000dead", url)

    assert f"gift {GIFT}" in shown.output
    assert "2 spans in 1 processes" in shown.output
    assert shown.output.splitlines()[-1].endswith("gifts-api  └─ write gifts")
    assert missing.status == 1
    assert "no trace of 0190c0de" in missing.errors


async def test_a_store_that_is_away_is_said_in_one_line(port: int) -> None:
    shown = await show(GIFT, f"http://127.0.0.1:{port}")

    assert shown.status == 1
    assert shown.errors.startswith(f"show: the trace store at http://127.0.0.1:{port} does not")
    assert len(shown.errors.splitlines()) == 1


@pytest.mark.timeout(15)
def test_an_exporter_ends_quickly_though_nobody_answers() -> None:
    """The SDK alone would take 30 s over a receiver that takes everything and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tracing.start("gifts", "api", f"http://127.0.0.1:{silent.getsockname()[1]}", 1.0)
        tracer = tracing.active_tracer()
        assert tracer is not None
        for _ in range(5_000):
            tracer.start_span("POST /graphql").end()

        tracing.stop()

    assert tracing.active_tracer() is None
