"""Who does not read costs nobody else anything."""

import asyncio
import json
import os
import socket
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import pytest
from hub_process import ROOM_FRAMES, HubProcess, Socket, a_frame, a_gift, a_socket, run_hub

from chassis.testing.eventually import eventually
from chassis.testing.publisher import Publisher

LINES = 20


@pytest.fixture
def room() -> UUID:
    return uuid4()


def large(room: UUID, seq: int) -> object:
    """A frame of some kilobytes, as large as one gets."""
    gifts = tuple(a_gift(seq * 100 + n, sender_id="alice", message="x" * 200) for n in range(LINES))
    return a_frame(room, seq, gifts=gifts)


def ask(port: int, room: UUID) -> socket.socket:
    """A client that asks for a room's events and then does not read."""
    client = socket.create_connection(("127.0.0.1", port))
    body = json.dumps({"query": ROOM_FRAMES, "variables": {"roomId": str(room)}}).encode()
    client.sendall(
        b"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    )
    return client


def a_raw_socket(port: int) -> socket.socket:
    """A WebSocket that has said nothing yet, as the bytes of its connection."""
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    assert client.recv(4_096).startswith(b"HTTP/1.1 101 ")
    return client


def sent_until_blocked(client: socket.socket, data: bytes) -> int:
    """How many bytes a server takes until it reads no further, or 100 MB."""
    sent = 0
    while sent < 100_000_000:
        try:
            sent += client.send(data)
        except TimeoutError:
            break
    return sent


async def give(publisher: Publisher, room: UUID, first: int, last: int, fast: Socket) -> None:
    """Publish frames, each when the one before it has reached a client that reads."""
    for seq in range(first, last + 1):
        await publisher.events([large(room, seq)])  # pyright: ignore[reportArgumentType]
        told = await fast.next("a")
        assert (told["seq"], told["missedFrames"], len(told["gifts"])) == (seq, 0, LINES)


async def test_a_client_that_never_reads_beside_one_that_gets_every_frame(
    own_hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Over both protocols; what is kept for those who do not read is bounded, for all together."""
    hub = own_hub
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as fast, a_socket(hub.ws, max_queue=1) as slow:
        await fast.subscribe("a", ROOM_FRAMES, roomId=str(room))
        await fast.next("a")
        await slow.subscribe("a", ROOM_FRAMES, roomId=str(room))
        await slow.next("a")
        silent = [ask(hub.port, room) for _ in range(20)]
        await eventually(lambda: hub.metric("largesse_live_subscriptions"), until=lambda n: n == 22)
        before = psutil.Process(hub.process.pid).memory_info().rss
        await give(publisher, room, 2, 700, fast)
        after = psutil.Process(hub.process.pid).memory_info().rss
        # 700 frames of 9 KB for 21 clients are 130 MB; a queue of 256 each would be 48 MB.
        assert after - before < 30_000_000

        # Who reads again gets what was written long ago, then a snapshot, then is up to date.
        seqs, missed = [1], 0
        while seqs[-1] < 700:
            told = await slow.next("a")
            missed += told["missedFrames"]
            if told["snapshot"]:
                assert told["missedFrames"] == told["seq"] - seqs[-1]
                assert told["gifts"] == []
            else:
                assert told["seq"] == seqs[-1] + 1
                assert len(told["gifts"]) == LINES
            assert told["totals"]["coins"] == 5 * told["seq"]
            seqs.append(told["seq"])
        assert missed > 256
        for client in silent:
            client.close()


async def test_who_takes_nothing_for_long_is_cut(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, room: UUID
) -> None:
    """Their connections are not kept for ever; others notice nothing."""
    await publisher.events([a_frame(room, 1)])
    with run_hub(tmp_path, settings | {"LIVE_HUB_STALLED_MAX_S": "1"}) as hub:
        async with a_socket(hub.ws) as fast:
            await fast.subscribe("a", ROOM_FRAMES, roomId=str(room))
            await fast.next("a")
            silent = ask(hub.port, room)
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            await eventually(
                lambda: hub.metric("largesse_live_connections"), until=lambda n: n == 2
            )
            await give(publisher, room, 2, 700, fast)
            await eventually(
                lambda: hub.metric("largesse_live_connections"), until=lambda n: n == 1
            )
            assert await hub.metric("largesse_live_connections_cut_total") == 1
            await give(publisher, room, 701, 702, fast)
            silent.close()


async def test_pings_of_who_does_not_read_pile_up_nowhere(
    own_hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """The hub stops reading from a client that does not read its answers."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(own_hub.ws) as fast:
        await fast.subscribe("a", ROOM_FRAMES, roomId=str(room))
        await fast.next("a")
        with a_raw_socket(own_hub.port) as client:
            ping = b"\x89\xfd" + os.urandom(4) + b"x" * 125
            client.settimeout(3)
            assert sent_until_blocked(client, ping * 1_000) < 100_000_000
            await give(publisher, room, 2, 20, fast)


async def test_a_connection_that_breaks_leaves_nothing(
    own_hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Whenever it breaks, also while it waits for a room that may come."""
    await publisher.events([a_frame(room, 1)])
    for asked in (room, uuid4()) * 10:
        ask(own_hub.port, asked).close()
    async with a_socket(own_hub.ws) as client:
        await client.subscribe("a", ROOM_FRAMES, roomId=str(uuid4()))
    for _ in range(3):
        a_raw_socket(own_hub.port).close()
    for name in ("connections", "subscriptions"):
        await eventually(
            lambda name=name: own_hub.metric(f"largesse_live_{name}"), until=lambda n: n == 0
        )
    await asyncio.sleep(0)
    assert "subscription_failed" not in own_hub.log.read_text()
