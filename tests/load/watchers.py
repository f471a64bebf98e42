"""Clients of the live hub, as many as wanted, in a process of their own.

Each is a connection that reads and looks for two things in what it reads: the numbers of frames and
when they were committed. Parsing JSON thousands of times a second would measure the parser.

Reads an `Audience` as JSON from standard input, prints `ready` when everybody is connected, and
writes its `Watched` to the file that it was told.
"""

import asyncio
import base64
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, override
from urllib.parse import urlsplit

import msgspec
import uvloop

from local_stack.operations import documents

type Protocol = Literal["sse", "websocket"]

_FRAME = re.compile(rb'"seq":(\d+),"committedAt":"([^"]+)","snapshot":(true|false)')
_STATE = re.compile(rb'"asOf":"([^"]+)"')
_GREETED = {"sse": b"\r\n\r\n", "websocket": b"connection_ack"}
_CONNECTING_MAX = 100
_STEADY_AFTER_S = 1.0
"""When everybody has been told what there was to tell at first."""


class Seat(msgspec.Struct):
    """What one client watches."""

    room_id: str | None = None
    """A room; None: the balance of whose token it is."""
    token: str | None = None


class Audience(msgspec.Struct):
    """What to do."""

    url: str
    """The hub's GraphQL address."""
    protocol: Protocol
    seats: list[Seat]
    seconds: float
    result_file: str


class Watched(msgspec.Struct):
    """What all clients of the process have seen."""

    clients: int = 0
    """Connected, and told the room's snapshot."""
    frames: int = 0
    gaps: int = 0
    """Frames that did not follow the one before them."""
    delays_ms: list[float] = msgspec.field(default_factory=list[float])
    """From the commit of each frame to its arrival at each client."""
    cpu_s: float = 0


class Client(asyncio.Protocol):
    """One viewer."""

    def __init__(self, seat: Seat, protocol: Protocol, url: str, seen: "Seen") -> None:
        self._request, self._hello = requests(url, seat, protocol)
        self._greeted = _GREETED[protocol]
        self._seen = seen
        self._is_of_room = seat.room_id is not None
        self._rest = b""
        self._seq: int | None = None
        self.told = asyncio.get_running_loop().create_future()
        """Done when the hub has taken the subscription: of a room, when its snapshot is here."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # pyright: ignore[reportAttributeAccessIssue]

    @override
    def data_received(self, data: bytes) -> None:
        if self._hello:
            self._transport.write(self._hello)  # pyright: ignore[reportAttributeAccessIssue]
            self._hello = b""
        data = self._rest + data
        if not self._is_of_room and not self.told.done() and self._greeted in data:
            self.told.set_result(None)
        end = 0
        for found in (_FRAME if self._is_of_room else _STATE).finditer(data):
            end = found.end()
            if self._is_of_room:
                self._note(int(found[1]), found[2], found[3] == b"true")
            else:
                self._seen.told(found[1])
        self._rest = data[max(end, len(data) - 200) :]

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._seen.lost += 1

    def _note(self, seq: int, committed_at: bytes, is_snapshot: bool) -> None:
        if self._seq is None:
            self.told.set_result(None)
        elif is_snapshot or seq != self._seq + 1:
            self._seen.watched.gaps += 1
        self._seq = seq
        if not is_snapshot:
            self._seen.told(committed_at)


class Seen:
    """Adds up what clients see."""

    def __init__(self) -> None:
        self.watched = Watched()
        self.lost = 0
        self.is_measuring = False
        self._instants: dict[bytes, float] = {}

    def told(self, committed_at: bytes) -> None:
        if not self.is_measuring:
            return
        instant = self._instants.get(committed_at)
        if instant is None:
            instant = datetime.fromisoformat(committed_at.decode()).timestamp()
            self._instants[committed_at] = instant
        self.watched.frames += 1
        self.watched.delays_ms.append((time.time() - instant) * 1e3)


def requests(url: str, seat: Seat, protocol: Protocol) -> tuple[bytes, bytes]:
    """What a client sends at once, and what it sends when it has heard the first answer."""
    parts = urlsplit(url)
    name = "BalanceChanged" if seat.room_id is None else "RoomFrames"
    variables = {} if seat.room_id is None else {"roomId": seat.room_id}
    wanted = {"query": documents()[name], "variables": variables}
    says = {} if seat.token is None else {"authorization": f"Bearer {seat.token}"}
    if protocol == "sse":
        body = json.dumps(wanted).encode()
        head = (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: text/event-stream\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"{''.join(f'{name}: {value}\r\n' for name, value in says.items())}\r\n"
        )
        return head.encode() + body, b""
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: upgrade\r\n"
        f"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n"
        "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    start = {"id": "1", "type": "subscribe", "payload": wanted}
    hello = _masked({"type": "connection_init", "payload": says}) + _masked(start)
    return head.encode(), hello


def _masked(message: object) -> bytes:
    """A text frame as clients send it; a mask of zeros leaves the text as it is."""
    text = json.dumps(message).encode()
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2)
    return head + bytes(4) + text


async def watch(audience: Audience, ready: Callable[[], None]) -> Watched:
    """Connect everybody, say so by `ready`, and watch for some seconds."""
    parts = urlsplit(audience.url)
    host, port = parts.hostname, parts.port
    assert host is not None, "an address of a server"
    assert port is not None, "with its port"
    seen = Seen()
    loop = asyncio.get_running_loop()
    limit = asyncio.Semaphore(_CONNECTING_MAX)

    async def connect(seat: Seat) -> None:
        async with limit, asyncio.timeout(60):
            _, client = await loop.create_connection(
                lambda: Client(seat, audience.protocol, audience.url, seen), host, port
            )
            await client.told

    await asyncio.gather(*map(connect, audience.seats))
    await asyncio.sleep(_STEADY_AFTER_S)
    seen.watched.clients = len(audience.seats)
    ready()
    cpu_s = time.process_time()
    seen.is_measuring = True
    await asyncio.sleep(audience.seconds)
    seen.is_measuring = False
    seen.watched.cpu_s = time.process_time() - cpu_s
    seen.watched.clients -= seen.lost
    return seen.watched


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Audience)
    watched = uvloop.run(watch(wanted, lambda: print("ready", flush=True)))
    Path(wanted.result_file).write_bytes(msgspec.json.encode(watched))
