"""What clients get wrong has a clear answer, and harms nobody else."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import websockets
from hub_process import HubProcess, Socket, a_frame, a_socket, run_hub

from chassis.testing.eventually import eventually
from chassis.testing.publisher import Publisher

SEQ = "subscription ($room: UUID!) { roomFrames(roomId: $room) { seq } }"


@pytest.fixture
def room() -> UUID:
    return uuid4()


@pytest.fixture
async def bystander(hub: HubProcess, publisher: Publisher, room: UUID) -> AsyncGenerator[Socket]:
    """Somebody else, who has to be told everything, whatever a test does."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", SEQ, room=str(room))
        assert await socket.next("a") == {"seq": 1}
        yield socket
        await publisher.events([a_frame(room, 1_000, keyframe=True)])
        while (await socket.next("a"))["seq"] != 1_000:
            pass


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param("not json", 4400, id="not json"),
        pytest.param("[]", 4400, id="no object"),
        pytest.param("{}", 4400, id="no type"),
        pytest.param('{"type":"dance"}', 4400, id="unknown type"),
        pytest.param(b"{}", 4400, id="binary"),
        pytest.param("[" * 20_000, 4400, id="nested"),
        pytest.param('{"type":"subscribe","id":"","payload":{"query":"x"}}', 4400, id="no id"),
        pytest.param('{"type":"subscribe","payload":{"query":"x"}}', 4400, id="without id"),
        pytest.param('{"type":"subscribe","id":"1"}', 4400, id="no payload"),
        pytest.param('{"type":"subscribe","id":"1","payload":{"query":1}}', 4400, id="no text"),
        pytest.param(
            '{"type":"subscribe","id":"%s","payload":{}}' % ("x" * 129), 4400, id="long id"
        ),
        pytest.param('{"type":"complete"}', 4400, id="complete what"),
        pytest.param('{"type":"connection_init"}', 4429, id="init again"),
        pytest.param('{"type":"ping","payload":{"x":"%s"}}' % ("x" * 70_000), 1009, id="huge"),
    ],
)
async def test_who_breaks_the_protocol_is_closed(
    hub: HubProcess, bystander: Socket, said: str | bytes, code: int
) -> None:
    """With the protocol's code and a reason; `bystander` is told everything."""
    async with a_socket(hub.ws) as socket:
        await socket.raw(said)
        closed, _ = await socket.closed()
        assert closed == code


async def test_subscribing_before_saying_who_one_is(hub: HubProcess, room: UUID) -> None:
    async with a_socket(hub.ws, init=False) as socket:
        await socket.subscribe("a", SEQ, room=str(room))
        assert await socket.closed() == (4401, "Unauthorized")


async def test_an_id_that_is_in_use(hub: HubProcess, bystander: Socket, room: UUID) -> None:
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", SEQ, room=str(room))
        await socket.next("a")
        await socket.subscribe("a", SEQ, room=str(room))
        assert await socket.closed() == (4409, "Subscriber for a already exists")


async def test_an_id_is_free_again_after_complete(
    hub: HubProcess, bystander: Socket, publisher: Publisher, room: UUID
) -> None:
    """And nothing more is told under it."""
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", SEQ, room=str(room))
        await socket.next("a")
        await socket.say(id="a", type="complete")
        await socket.say(type="ping", payload={"any": 1})
        assert await socket.hear() == {"type": "pong"}
        await publisher.events([a_frame(room, 2)])
        assert await bystander.next("a") == {"seq": 2}
        await socket.subscribe("a", SEQ, room=str(room))
        assert await socket.next("a") == {"seq": 2}


@pytest.mark.parametrize("offered", [["graphql-ws"], None], ids=["old protocol", "none"])
async def test_other_subprotocols(hub: HubProcess, offered: Any) -> None:
    """The one before this is called graphql-ws, and is another."""
    async with websockets.connect(hub.ws, subprotocols=offered, proxy=None) as connection:
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 4406


async def test_who_does_not_say_who_they_are(tmp_path: Path, settings: dict[str, str]) -> None:
    """Connections are not for keeping."""
    impatient = settings | {"LIVE_HUB_INIT_TIMEOUT_S": "0.2"}
    with run_hub(tmp_path, impatient) as hub:
        async with a_socket(hub.ws, init=False) as socket:
            assert await socket.closed() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("{ me { id } }", "GRAPHQL_VALIDATION_FAILED", id="query"),
        pytest.param("mutation { x }", "GRAPHQL_VALIDATION_FAILED", id="mutation"),
        pytest.param("subscription {", "GRAPHQL_PARSE_FAILED", id="syntax"),
        pytest.param("subscription { x }", "GRAPHQL_VALIDATION_FAILED", id="unknown field"),
        pytest.param(
            "subscription { __schema { types { name } } }", "GRAPHQL_VALIDATION_FAILED", id="schema"
        ),
        pytest.param(
            "subscription { balanceChanged { coins } b: balanceChanged { coins } }",
            "GRAPHQL_VALIDATION_FAILED",
            id="two fields",
        ),
        pytest.param(
            "subscription { roomFrames(roomId: 7) { seq } }", "GRAPHQL_VALIDATION_FAILED", id="room"
        ),
        pytest.param(SEQ, "BAD_USER_INPUT", id="no variable"),
        pytest.param(
            "subscription { balanceChanged @skip(if: true) { coins } }",
            "GRAPHQL_VALIDATION_FAILED",
            id="skipped field",
        ),
        pytest.param(
            f"subscription A {{ balanceChanged {{ coins }} }} {SEQ.replace('(', 'B(', 1)}",
            "BAD_REQUEST",
            id="which operation",
        ),
        pytest.param(
            "subscription { balanceChanged { coins } } #" + "{ " * 10,
            "UNAUTHENTICATED",
            id="no token",
        ),
        pytest.param(
            "subscription { balanceChanged {" + " coins" * 3_000 + "} }",
            "OPERATION_TOO_LARGE",
            id="too long",
        ),
    ],
)
async def test_document_that_cannot_be_subscribed_to(
    hub: HubProcess, bystander: Socket, query: str, code: str
) -> None:
    """Over both protocols the same error, with the gateway's code; the socket goes on."""
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", query)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "a")
        assert message["payload"][0]["extensions"]["code"] == code
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
    headers = {"accept": "text/event-stream"}
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(hub.http, json={"query": query}, headers=headers)
    assert f'"code":"{code}"' in response.text
    assert response.text.startswith("event: next\n")
    assert response.text.endswith("event: complete\ndata:\n\n")


@pytest.mark.parametrize(
    ("method", "content", "headers", "status"),
    [
        ("POST", b"{", {}, 400),
        ("POST", b"[]", {}, 400),
        ("POST", b'{"query":1}', {}, 400),
        ("POST", b"[" * 20_000, {}, 400),
        ("POST", b"{}" + b" " * 200_000, {}, 413),
        ("POST", b'{"query":"x"}', {"content-type": "text/plain"}, 415),
        ("POST", b'{"query":"x"}', {"accept": "text/html"}, 406),
        ("PUT", b"{}", {}, 405),
        ("GET", b"", {}, 400),
    ],
    ids=["json", "list", "type", "nested", "huge", "content type", "accept", "method", "get"],
)
async def test_request_that_is_none(
    hub: HubProcess,
    bystander: Socket,
    method: str,
    content: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    """Answered as the gateway answers them."""
    sent = {"accept": "text/event-stream", "content-type": "application/json"} | headers
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.request(method, hub.http, content=content, headers=sent)
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_REQUEST", "BAD_USER_INPUT"}


async def test_event_source_asks_by_address(hub: HubProcess, bystander: Socket, room: UUID) -> None:
    """A browser's EventSource can send nothing else."""
    parameters = {"query": SEQ, "variables": f'{{"room":"{room}"}}'}
    headers = {"accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", hub.http, params=parameters, headers=headers) as response,
    ):
        lines = response.aiter_lines()
        assert await anext(lines) == "event: next"
        assert await anext(lines) == 'data: {"data":{"roomFrames":{"seq":1}}}'


async def test_ten_thousand_subscriptions_on_one_socket(
    hub: HubProcess, bystander: Socket, room: UUID
) -> None:
    """As many as allowed work; each further one is told why not, and the socket goes on."""
    async with a_socket(hub.ws) as socket:

        async def ask() -> None:
            for number in range(10_000):
                await socket.subscribe(str(number), SEQ, room=str(room))

        asking = asyncio.create_task(ask())
        told = [await socket.hear() for _ in range(10_000)]
        await asking
        refused = [each for each in told if each["type"] == "error"]
        assert sum(each["type"] == "next" for each in told) == 100
        assert len(refused) == 9_900
        assert {each["payload"][0]["extensions"]["code"] for each in refused} == {
            "SUBSCRIPTION_LIMIT_REACHED"
        }
        await socket.say(id="0", type="complete")
        await socket.subscribe("one more", SEQ, room=str(room))
        assert await socket.next("one more") == {"seq": 1}


async def test_more_clients_than_there_is_room_for(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, room: UUID
) -> None:
    """They are asked to come again later; who is in stays in, and who leaves makes room."""
    await publisher.events([a_frame(room, 1)])
    with run_hub(tmp_path, settings | {"LIVE_HUB_CONNECTIONS_MAX": "2"}) as hub:
        async with a_socket(hub.ws) as first:
            async with a_socket(hub.ws), a_socket(hub.ws, init=False) as third:
                assert (await third.closed())[0] == 1013
                async with httpx.AsyncClient(trust_env=False) as client:
                    response = await client.post(
                        hub.http, json={"query": SEQ}, headers={"accept": "text/event-stream"}
                    )
                assert response.status_code == 503
                await first.subscribe("a", SEQ, room=str(room))
                assert await first.next("a") == {"seq": 1}
            await eventually(
                lambda: hub.metric("largesse_live_connections"), until=lambda n: n == 1
            )
            async with a_socket(hub.ws):
                pass
