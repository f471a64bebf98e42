"""Subscriptions by the gateway's address: passed on to the hub, byte by byte."""

import asyncio
import socket
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from gateway_process import Gateway, Issuer, run_gateway
from hub_process import (
    BALANCE_CHANGED,
    ROOM_FRAMES,
    HubProcess,
    a_balance,
    a_frame,
    a_socket,
    events,
)

from chassis.testing.publisher import Publisher
from local_stack import ports


@pytest.fixture
def room() -> UUID:
    return uuid4()


def ws(gateway: Gateway) -> str:
    return f"ws://127.0.0.1:{gateway.port}/graphql"


def http(gateway: Gateway) -> str:
    return f"http://127.0.0.1:{gateway.port}/graphql"


async def test_both_protocols_work_by_the_one_endpoint(
    live_gateway: Gateway, publisher: Publisher, room: UUID, issuer: Issuer
) -> None:
    """Rooms and private feeds, with the token where each protocol has it."""
    token = issuer.token("ida")
    await publisher.events([a_frame(room, 1), a_balance("ida", 1, 70)])
    async with (
        a_socket(ws(live_gateway), token) as client,
        events(http(live_gateway), ROOM_FRAMES, roomId=str(room)) as frames,
        events(http(live_gateway), BALANCE_CHANGED, token) as balances,
    ):
        await client.subscribe("a", ROOM_FRAMES, roomId=str(room))
        assert (await client.next("a"))["seq"] == 1
        assert (await anext(frames))[1]["data"]["roomFrames"]["seq"] == 1
        assert (await anext(balances))[1]["data"]["balanceChanged"]["coins"] == 70
        await publisher.events([a_frame(room, seq) for seq in range(2, 40)])
        for seq in range(2, 40):
            assert (await client.next("a"))["seq"] == seq
            assert (await anext(frames))[1]["data"]["roomFrames"]["seq"] == seq


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "application/graphql-response+json, text/event-stream, */*"],
)
def test_queries_are_not_taken_for_subscriptions(
    live_gateway: Gateway, issuer: Issuer, accept: str
) -> None:
    """Some clients say of every query that they would take events, too."""
    response = live_gateway.post(
        "{ me { id } }", token=issuer.token("ida"), headers={"accept": accept}
    )
    assert response.json() == {"data": {"me": {"id": "ida"}}}


def test_subscription_as_a_plain_request_says_where_to_go(live_gateway: Gateway) -> None:
    response = live_gateway.post(BALANCE_CHANGED)
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "text/event-stream" in error["message"]


async def test_hub_that_is_away_is_said_to_be(
    folder: Path, gateway_settings: dict[str, str], issuer: Issuer
) -> None:
    """Queries go on as ever."""
    away = gateway_settings | {"GATEWAY_LIVE_URL": f"http://127.0.0.1:{ports.one_free()}/graphql"}
    with run_gateway(folder, away) as gateway:
        response = gateway.post(BALANCE_CHANGED, headers={"accept": "text/event-stream"})
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        async with httpx.AsyncClient(trust_env=False) as client:
            response = await client.get(http(gateway), headers=upgrade)
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        answer = gateway.post("{ me { id } }", token=issuer.token("ida")).json()
        assert answer == {"data": {"me": {"id": "ida"}}}


async def test_a_gateway_that_stops_ends_its_streams(
    folder: Path,
    hub: HubProcess,
    gateway_settings: dict[str, str],
    publisher: Publisher,
    room: UUID,
) -> None:
    """So that clients come back to another one, at once; it does not wait for viewers to leave."""
    await publisher.events([a_frame(room, 1)])
    told = gateway_settings | {"GATEWAY_LIVE_URL": hub.http, "GATEWAY_SHUTDOWN_GRACE_S": "300"}
    with run_gateway(folder, told) as gateway:
        async with a_socket(ws(gateway)) as client:
            await client.subscribe("a", ROOM_FRAMES, roomId=str(room))
            await client.next("a")
            gateway.process.terminate()
            code, _ = await client.closed()
            assert code == 1006
            assert await asyncio.to_thread(gateway.process.wait, 30) == 0


def test_other_paths_and_upgrades_are_refused(live_gateway: Gateway) -> None:
    """An upgrade to anything else than a WebSocket is a plain request, as curl --http2 sends it."""
    with socket.create_connection(("127.0.0.1", live_gateway.port)) as client:
        client.sendall(
            b"GET /elsewhere HTTP/1.1\r\nhost: x\r\n"
            b"connection: upgrade\r\nupgrade: websocket\r\n\r\n"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 404 ")
    body = b'{"query":"{ __typename }"}'
    with socket.create_connection(("127.0.0.1", live_gateway.port)) as client:
        client.sendall(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade, HTTP2-Settings\r\n"
            b"upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(body), body)
        )
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
