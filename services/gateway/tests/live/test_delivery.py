"""How fast the hub tells, as operators are told: what somebody outside measures, too (I8)."""

import asyncio
import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from gateway_process import Gateway, Issuer
from hub_process import (
    EARNINGS_CHANGED,
    ROOM_FRAMES,
    HubProcess,
    Socket,
    a_frame,
    a_socket,
    ago,
    the_earnings,
)

from chassis.testing.eventually import eventually
from chassis.testing.publisher import Publisher
from live_hub.delivery import WINDOW_S, RecentDeliveries
from local_stack.operations import documents

LIVE_DELIVERY = documents()["LiveDelivery"]
FRACTIONS = (0.5, 0.95, 0.99)
CLIENTS = 8
FRAMES = 200


async def ask(url: str, token: str | None, query: str = LIVE_DELIVERY) -> dict[str, Any]:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(url, json={"query": query}, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def percentile(sample: Sequence[float], fraction: float) -> float:
    return sorted(sample)[math.ceil(fraction * len(sample)) - 1]


async def test_percentiles_are_what_clients_measure(
    own_hub: HubProcess, publisher: Publisher, issuer: Issuer
) -> None:
    """Every client takes the time from the commit to its hearing of each frame: of half, of 95 and
    of 99 of 100 the hub says the same, up to the way through the socket.

    Commits are dated back by seconds and minutes, so that there are percentiles to tell apart, on a
    slow machine as on a fast one.
    """
    room, chance = uuid4(), random.Random(7)
    heard: list[float] = []

    async def listen(socket: Socket) -> None:
        for _ in range(FRAMES):
            told = await socket.next("a")
            committed_at = datetime.fromisoformat(told["committedAt"])
            heard.append((datetime.now(UTC) - committed_at).total_seconds())

    async def connect(ready: asyncio.Barrier) -> None:
        async with a_socket(own_hub.ws) as socket:
            await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
            # A snapshot, which is no delivery of anything new; all that is new comes from here on.
            await socket.next("a")
            await ready.wait()
            await listen(socket)

    await publisher.events([a_frame(room, 1)])
    ready = asyncio.Barrier(CLIENTS + 1)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(CLIENTS):
            tasks.create_task(connect(ready))
        await ready.wait()
        for seq in range(2, FRAMES + 2):
            late_s = chance.lognormvariate(3, 0.6)
            await publisher.events([a_frame(room, seq, committed_at=ago(late_s))])

    assert len(heard) == CLIENTS * FRAMES
    body = await ask(own_hub.http, issuer.token("otto", "operator:audit"))
    told = body["data"]["liveDelivery"]
    # Frames that a client could not be written to at once, or that came in one run, count once.
    assert 0.8 * len(heard) <= told["deliveries"] <= len(heard)
    for name, fraction in zip(("p50Ms", "p95Ms", "p99Ms"), FRACTIONS, strict=True):
        outside_ms = 1_000 * percentile(heard, fraction)
        assert told[name] == pytest.approx(outside_ms, rel=0.1), (name, told, outside_ms)
    assert datetime.fromisoformat(told["since"]) <= datetime.now(UTC)


async def test_private_feeds_and_clients_are_counted(
    own_hub: HubProcess, publisher: Publisher, issuer: Issuer
) -> None:
    """Who is connected now; what was told to somebody, and not what nobody heard."""
    operator = issuer.token("otto", "operator:audit")
    before = (await ask(own_hub.http, operator))["data"]["liveDelivery"]
    assert (before["deliveries"], before["clients"]) == (0, 0)
    assert (before["p50Ms"], before["p95Ms"], before["p99Ms"]) == (None, None, None)
    star = f"star-{uuid4().hex[:8]}"
    async with a_socket(own_hub.ws, issuer.token(star, "creator")) as socket:
        await socket.subscribe("a", EARNINGS_CHANGED)
        # What is known when it begins is told as well, and is no delivery.
        await eventually(
            lambda: own_hub.metric("largesse_live_subscriptions"), until=lambda n: n == 1
        )
        await publisher.events([the_earnings("nobody", 1, 1), the_earnings(star, 1, 1)])
        await socket.next("a")
        during = (await ask(own_hub.http, operator))["data"]["liveDelivery"]
    assert (during["deliveries"], during["clients"]) == (1, 1)
    assert during["p50Ms"] == during["p99Ms"] > 0


@pytest.mark.parametrize("way", ["hub", "one endpoint"])
@pytest.mark.parametrize(
    ("scope", "code"),
    [(None, "UNAUTHENTICATED"), ("viewer creator operator:payouts", "FORBIDDEN")],
)
async def test_operators_only(
    hub: HubProcess,
    live_gateway: Gateway,
    issuer: Issuer,
    way: str,
    scope: str | None,
    code: str,
) -> None:
    """By the hub itself, and by the gateway before it is asked."""
    port = hub.port if way == "hub" else live_gateway.port
    token = None if scope is None else issuer.token("ann", scope)
    body = await ask(f"http://127.0.0.1:{port}/graphql", token)
    assert body["data"] == {"liveDelivery": None}
    [error] = body["errors"]
    assert (error["extensions"]["code"], error["path"]) == (code, ["liveDelivery"])


async def test_the_one_endpoint_joins_it(live_gateway: Gateway, issuer: Issuer) -> None:
    """With whatever else is asked."""
    token = issuer.token("otto", "operator:audit")
    body = await ask(
        f"http://127.0.0.1:{live_gateway.port}/graphql",
        token,
        "{ me { id } live: liveDelivery { clients deliveries } }",
    )
    assert body["data"]["me"] == {"id": "otto"}
    assert body["data"]["live"]["clients"] >= 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_USER_INPUT"),
        (ROOM_FRAMES, "BAD_REQUEST"),
    ],
    ids=["syntax", "field", "two", "subscription"],
)
async def test_what_is_no_query_is_said_to_be_none(hub: HubProcess, query: str, code: str) -> None:
    body = await ask(hub.http, None, query)
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]


def test_percentiles_of_many_equal_ones() -> None:
    """Ranks are exact, and values 2 % too high at most, over the whole range."""
    recent = RecentDeliveries()
    chance = random.Random(3)
    sample: list[float] = []
    for _ in range(500):
        seconds, times = 10 ** chance.uniform(-4, 2.5), chance.randint(1, 50)
        recent.observe(seconds, times)
        sample += [seconds] * times
    read = recent.read(*FRACTIONS, 1.0)
    assert read.deliveries == len(sample)
    for fraction, found in zip((*FRACTIONS, 1.0), read.percentiles_s, strict=True):
        exact = percentile(sample, fraction)
        assert found is not None
        assert exact <= found * 1.000001 <= exact * 1.0201


def test_what_is_old_is_forgotten() -> None:
    """Also when the clock is put back: what seems to be ahead is not counted for ever."""
    now = [1_000_000.0]
    recent = RecentDeliveries(lambda: now[0])
    recent.observe(-1, 1)  # clocks differ
    assert recent.read(0.5).percentiles_s == [0.0001]
    assert recent.read(0.5).since == datetime.fromtimestamp(now[0], UTC)
    recent.observe(9_999, 1)
    assert recent.read().deliveries == 2
    now[0] += WINDOW_S
    recent.observe(1, 5)
    assert recent.read().deliveries == 7
    now[0] += 60
    assert recent.read().deliveries == 5
    now[0] -= 3_600
    recent.observe(1, 1)
    assert recent.read().deliveries == 1
