import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from chassis import probes
from chassis.probes import Check, Figure, flag
from chassis.telemetry import metrics


@asynccontextmanager
async def probed(
    checks: Sequence[Check], figures: Sequence[Figure] = ()
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=probes.routes(checks, figures=figures)))
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


async def test_figures_are_read_when_they_are_asked_for() -> None:
    waiting = 0

    async def read() -> None:
        metrics.WEBHOOKS_UNMATCHED.labels("probed").set(waiting)

    async with probed([], [read]) as client:
        first = await client.get("/metrics")
        waiting = 3
        second = await client.get("/metrics")

    line = 'largesse_webhooks_unmatched{provider="probed"} '
    assert line + "0.0" in first.text
    assert line + "3.0" in second.text


async def test_figures_keep_their_value_in_an_outage() -> None:
    """The other metrics are answered all the same: they tell of the outage."""
    metrics.WEBHOOKS_UNMATCHED.labels("away").set(2)

    async def fail() -> None:
        raise ConnectionRefusedError

    async with probed([], [fail]) as client:
        response = await client.get("/metrics")

    assert response.status_code == 200
    assert 'largesse_webhooks_unmatched{provider="away"} 2.0' in response.text
