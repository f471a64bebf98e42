"""The sandbox as a process: what it has answered survives kill -9."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from chassis.testing.eventually import eventually
from local_stack import ports

NEW = {
    "reference": "purchase-1",
    "amount_minor": 12_99,
    "currency": "USD",
    "description": "1,000 coins",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PAYMENT_SANDBOX_HTTP_PORT": str(ports.one_free()),
        "PAYMENT_SANDBOX_API_KEY": "key-1",
        "PAYMENT_SANDBOX_WEBHOOK_SECRET": "whsec-1",
        "PAYMENT_SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{ports.one_free()}/webhooks/sandbox",
        "PAYMENT_SANDBOX_DATA_FILE": str(tmp_path / "data" / "sandbox.sqlite"),
    }


@asynccontextmanager
async def started(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payment_sandbox", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            await process.stdout.readuntil(b'"listening"')
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def merchant(url: str, bodies: list[bytes]) -> AsyncIterator[None]:
    """A merchant who listens at `url` and says yes to everything."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        bodies.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", httpx.URL(url).port)
    async with server:
        yield


async def test_kill_9_loses_neither_payments_nor_events(environment: dict[str, str]) -> None:
    base = f"http://127.0.0.1:{environment['PAYMENT_SANDBOX_HTTP_PORT']}"
    key = {"Authorization": "Bearer key-1", "Accept": "application/json"}
    told: list[bytes] = []

    async with httpx.AsyncClient(base_url=base, headers=key, timeout=30) as client:
        async with started(environment) as process:
            payment = (await client.post("/v1/checkouts", json=NEW)).json()
            await client.post(f"/checkout/{payment['payment_id']}/pay")
            process.kill()
            await process.wait()

        async with (
            merchant(environment["PAYMENT_SANDBOX_WEBHOOK_URL"], told),
            started(environment) as process,
        ):
            found = (await client.get(f"/v1/checkouts/{payment['payment_id']}")).json()

            async def events() -> list[dict[str, object]]:
                return (await client.get("/v1/events")).json()["events"]

            (event,) = await eventually(
                events, within_s=30, until=lambda events: events[0]["delivered_at"] is not None
            )
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0

    assert found == payment | {"status": "paid"}
    assert {body.decode() for body in told} == {event["body"]}


async def test_a_missing_setting_is_named(environment: dict[str, str]) -> None:
    del environment["PAYMENT_SANDBOX_API_KEY"]

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "payment_sandbox",
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()

    assert process.returncode == 78
    assert errors == b"payment sandbox: set PAYMENT_SANDBOX_API_KEY: Field required\n"
