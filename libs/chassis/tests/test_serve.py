"""How a process begins and ends: real processes, since signals and statuses are the subject."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_stack import ports

PROGRAM = Path(__file__).parent / "serve_program.py"

type Line = dict[str, Any]
Client = partial(httpx.AsyncClient, timeout=30)


class Program:
    """A process under test: where it listens and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[Line] = []

    async def find_status(self, path: str) -> int:
        """The HTTP status of `path`; it waits, since the process listens before it serves."""
        async with Client() as client:
            return (await client.get(self.url + path)).status_code

    async def end(self) -> tuple[int, list[Line]]:
        """Wait for the end; give the exit status and every line logged."""
        async with asyncio.timeout(30):
            output, errors = await self.process.communicate()
        assert errors == b""
        self.lines += [json.loads(line) for line in output.splitlines()]
        status = self.process.returncode
        assert status is not None
        return status, self.lines

    async def logged(self, event: str) -> Line:
        """Read lines until one is the event named."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while line := await self.process.stdout.readline():
                self.lines.append(json.loads(line))
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        raise AssertionError(f"ended without {event}: {self.lines}")


@asynccontextmanager
async def started(scenario: str, *, port: int, grace_s: float = 10) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        scenario,
        str(port),
        str(grace_s),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Program(process, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture
def port() -> int:
    return ports.one_free()


def events(lines: list[Line]) -> list[str]:
    return [line["event"] for line in lines]


async def test_sigterm_lets_requests_in_flight_finish(port: int) -> None:
    async with started("app", port=port) as program, Client() as client:
        await program.logged("listening")
        request = asyncio.create_task(client.get(f"{program.url}/slow"))
        await program.logged("slow_request_began")

        program.process.send_signal(signal.SIGTERM)
        await program.logged("stop_requested")
        program.process.send_signal(signal.SIGUSR1)
        response = await request
        status, lines = await program.end()

    assert (response.status_code, response.text) == (200, "done")
    assert status == 0
    assert events(lines)[-3:] == ["stop_requested", "lifespan_ended", "process_stopped"]


async def test_a_request_longer_than_the_grace_is_cut_off(port: int) -> None:
    async with (
        started("app", port=port, grace_s=1) as program,
        httpx.AsyncClient(timeout=30) as client,
    ):
        await program.logged("listening")
        request = asyncio.create_task(client.get(f"{program.url}/endless"))
        await program.logged("endless_request_began")

        program.process.send_signal(signal.SIGTERM)
        response = await request
        status, _ = await program.end()

    assert response.status_code == 500
    assert status == 0


async def test_sigterm_lets_tasks_finish_what_they_have_in_hand(port: int) -> None:
    async with started("worker", port=port) as program:
        await program.logged("listening")
        assert await program.find_status("/readyz") == 200

        program.process.send_signal(signal.SIGTERM)
        await program.logged("batch_being_finished")
        ready, alive = await program.find_status("/readyz"), await program.find_status("/livez")
        program.process.send_signal(signal.SIGUSR1)
        status, lines = await program.end()

    assert (ready, alive) == (503, 200)
    assert status == 0
    assert "batch_finished" in events(lines)
    assert events(lines)[-1] == "process_stopped"


async def test_a_second_signal_cuts_off_at_once(port: int) -> None:
    async with started("worker", port=port) as program:
        await program.logged("listening")

        program.process.send_signal(signal.SIGINT)
        await program.logged("batch_being_finished")
        program.process.send_signal(signal.SIGINT)
        status, lines = await program.end()

    assert status == 1
    assert events(lines)[-2:] == ["stop_forced", "process_cut_off"]


async def test_a_task_that_fails_ends_the_process_with_one_line(port: int) -> None:
    async with started("failing-worker", port=port) as program:
        status, lines = await program.end()

    assert status == 1
    assert events(lines) == ["listening", "process_failed"]
    assert lines[-1]["level"] == "critical"
    assert lines[-1]["reason"] == "charges failed: LookupError('no such account')"
    assert lines[-1]["exception"][0]["exc_type"] == "LookupError"


async def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with started("app", port=port) as program:
            status, lines = await program.end()

    assert status == 78
    assert events(lines) == ["address_refused"]
    assert lines[0]["reason"] == (
        f"cannot listen on 127.0.0.1:{port}: "
        "it is taken: stop what listens there, or set another HTTP_PORT"
    )
