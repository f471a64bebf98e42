import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from chassis import probes
from chassis.probes import Check, flag
from chassis.telemetry import metrics


@asynccontextmanager
async def probed(checks: Sequence[Check]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=probes.routes(checks)))
    async with httpx.AsyncClient(transport=transport, base_url="http://probes") as client:
        yield client


async def test_ready_when_every_check_holds() -> None:
    checks = [flag("kafka", lambda: True, "no"), flag("relay", lambda: True, "no")]

    async with probed(checks) as client:
        response = await client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True})


async def test_names_the_first_check_that_fails_in_one_line() -> None:
    checks = [
        flag("database", lambda: True, "no"),
        flag("kafka", lambda: False, "no partitions assigned"),
        flag("relay", lambda: False, "not alive"),
    ]

    async with probed(checks) as client:
        response = await client.get("/readyz")

    assert response.status_code == 503
    assert "\n" not in response.text
    assert response.json() == {
        "ready": False,
        "check": "kafka",
        "reason": "no partitions assigned",
    }


async def test_a_check_that_hangs_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "CHECK_TIMEOUT_S", 0.01)

    async def hang() -> str | None:
        await asyncio.Event().wait()

    async with probed([Check("database", hang)]) as client:
        response = await client.get("/readyz")

    assert response.json()["reason"] == "no answer within 0.01 s"


async def test_alive_whatever_the_checks_say() -> None:
    async with probed([flag("kafka", lambda: False, "away")]) as client:
        response = await client.get("/livez")

    assert (response.status_code, response.text) == (200, "alive\n")


async def test_serves_metrics_for_prometheus() -> None:
    metrics.DEAD_LETTERS.labels("gifts.probe-test.v1").inc()

    async with probed([]) as client:
        response = await client.get("/metrics")

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'largesse_dead_letters_total{topic="gifts.probe-test.v1"} 1.0' in response.text
