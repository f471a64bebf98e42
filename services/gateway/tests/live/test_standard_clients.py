"""Clients as front ends use them work unchanged: graphql-ws, graphql-sse, gql."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from gateway_process import GATEWAY, Gateway, Issuer
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from hub_process import BALANCE_CHANGED, ROOM_FRAMES, HubProcess, a_balance, a_frame

from chassis.testing.publisher import Publisher
from local_stack import paths

CLIENTS = Path(__file__).parent / "clients"
ADDRESSES = {"ws": "ws", "sse": "http"}


@pytest.fixture
def room() -> UUID:
    return uuid4()


async def run_client(
    kind: str, port: int, query: str, variables: dict[str, Any], count: int, token: str = ""
) -> tuple[asyncio.subprocess.Process, asyncio.Task[list[Any]]]:
    """A program of Node's; returns when it has heard the first thing, or has ended."""
    process = await asyncio.create_subprocess_exec(
        str(paths.node()),
        str(CLIENTS / f"{kind}.mjs"),
        f"{ADDRESSES[kind]}://127.0.0.1:{port}/graphql",
        *(token, query, json.dumps(variables), str(count)),
        cwd=GATEWAY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    await process.stderr.readline()

    async def results() -> list[Any]:
        output, complaints = await process.communicate()
        assert process.returncode == 0, complaints.decode()
        return json.loads(output)

    return process, asyncio.create_task(results())


@pytest.mark.parametrize("kind", ["ws", "sse"])
@pytest.mark.parametrize("way", ["hub", "gateway"])
async def test_javascript_clients(
    hub: HubProcess,
    live_gateway: Gateway,
    publisher: Publisher,
    issuer: Issuer,
    room: UUID,
    kind: str,
    way: str,
) -> None:
    """By the hub's own address and by the one endpoint: rooms, balances, errors, ends."""
    port = hub.port if way == "hub" else live_gateway.port
    user = f"user-{room}"
    await publisher.events([a_frame(room, 1), a_balance(user, 1, 10)])

    _, frames = await run_client(kind, port, ROOM_FRAMES, {"roomId": str(room)}, 5)
    _, balances = await run_client(kind, port, BALANCE_CHANGED, {}, 2, issuer.token(user))
    await publisher.events([*(a_frame(room, seq) for seq in range(2, 6)), a_balance(user, 2, 20)])
    told = [result["data"]["roomFrames"] for result in await frames]
    assert [each["seq"] for each in told] == [1, 2, 3, 4, 5]
    assert [each["snapshot"] for each in told] == [True, False, False, False, False]
    assert [each["data"]["balanceChanged"]["coins"] for each in await balances] == [10, 20]

    _, refused = await run_client(kind, port, BALANCE_CHANGED, {}, 2)
    assert "UNAUTHENTICATED" in json.dumps(await refused)
    _, unknown = await run_client(kind, port, ROOM_FRAMES, {"roomId": str(uuid4())}, 2)
    assert "NOT_FOUND" in json.dumps(await unknown)

    # It ends by itself when the room is closed.
    _, ending = await run_client(kind, port, ROOM_FRAMES, {"roomId": str(room), "after": 5}, 100)
    await publisher.events([a_frame(room, 6, status="CLOSED")])
    told = [result["data"]["roomFrames"] for result in await ending]
    assert [each["seq"] for each in told] == [5, 6]


async def test_python_client(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, room: UUID
) -> None:
    """gql, with its own validation of what it receives."""
    user = f"user-{room}"
    await publisher.events([a_frame(room, 1), a_balance(user, 1, 10)])
    transport = WebsocketsTransport(
        url=hub.ws,
        init_payload={"authorization": f"Bearer {issuer.token(user)}"},
        connect_args={"proxy": None},
    )
    async with Client(transport=transport) as session:
        seqs: list[int] = []
        asked = GraphQLRequest(ROOM_FRAMES, variable_values={"roomId": str(room)})
        async for result in session.subscribe(asked):
            seqs.append(result["roomFrames"]["seq"])
            if len(seqs) == 1:
                await publisher.events([a_frame(room, seq) for seq in range(2, 10)])
            if len(seqs) == 9:
                break
        assert seqs == list(range(1, 10))
        async for result in session.subscribe(GraphQLRequest(BALANCE_CHANGED)):
            assert result["balanceChanged"]["coins"] == 10
            break
        missing = GraphQLRequest(ROOM_FRAMES, variable_values={"roomId": str(uuid4())})
        with pytest.raises(TransportQueryError) as failure:
            async for _ in session.subscribe(missing):
                pass
        assert failure.value.errors is not None
        assert failure.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
