"""Clients of a live room, as many as wanted, in a process of their own: `python -m watchers …`.

Each is a connection that reads and looks for two things in what it reads: the numbers of frames and
when they were committed. Parsing JSON thousands of times a second would measure the parser.
"""

import argparse
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

QUERY = documents()["RoomFrames"]

_FRAME = re.compile(rb'"seq":(\d+),"committedAt":"([^"]+)","snapshot":(true|false)')
_CONNECTING_MAX = 100


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

    def __init__(self, request: bytes, hello: bytes, seen: "Seen") -> None:
        self._request = request
        self._hello = hello
        self._seen = seen
        self._rest = b""
        self._seq: int | None = None
        self._is_greeted = not hello
        self.told = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # pyright: ignore[reportAttributeAccessIssue]

    @override
    def data_received(self, data: bytes) -> None:
        if not self._is_greeted:
            self._is_greeted = True
            self._transport.write(self._hello)  # pyright: ignore[reportAttributeAccessIssue]
        data = self._rest + data
        end = 0
        for found in _FRAME.finditer(data):
            end = found.end()
            self._note(int(found[1]), found[2], found[3] == b"true")
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
            self._seen.frame(committed_at)


class Seen:
    """Adds up what clients see."""

    def __init__(self) -> None:
        self.watched = Watched()
        self.lost = 0
        self.is_measuring = False
        self._instants: dict[bytes, float] = {}

    def frame(self, committed_at: bytes) -> None:
        if not self.is_measuring:
            return
        instant = self._instants.get(committed_at)
        if instant is None:
            instant = datetime.fromisoformat(committed_at.decode()).timestamp()
            self._instants[committed_at] = instant
        self.watched.frames += 1
        self.watched.delays_ms.append((time.time() - instant) * 1e3)


def requests(url: str, room: str, protocol: Protocol) -> tuple[bytes, bytes]:
    """What a client sends at once, and what it sends when it has heard the first answer."""
    parts = urlsplit(url)
    wanted = {"query": QUERY, "variables": {"roomId": room}}
    if protocol == "sse":
        body = json.dumps(wanted).encode()
        head = (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: text/event-stream\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body, b""
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: upgrade\r\n"
        f"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n"
        "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    start = {"id": "1", "type": "subscribe", "payload": wanted}
    hello = _masked({"type": "connection_init"}) + _masked(start)
    return head.encode(), hello


def _masked(message: object) -> bytes:
    """A text frame as clients send it; a mask of zeros leaves the text as it is."""
    text = json.dumps(message).encode()
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2)
    return head + bytes(4) + text


async def watch(
    url: str, room: str, protocol: Protocol, count: int, seconds: float, ready: Callable[[], None]
) -> Watched:
    """Connect `count` clients, say so by `ready`, and watch for some seconds."""
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port
    assert host is not None, "an address of a server"
    assert port is not None, "with its port"
    seen = Seen()
    request, hello = requests(url, room, protocol)
    loop = asyncio.get_running_loop()
    limit = asyncio.Semaphore(_CONNECTING_MAX)

    async def connect() -> None:
        async with limit, asyncio.timeout(60):
            _, client = await loop.create_connection(
                lambda: Client(request, hello, seen), host, port
            )
            await client.told

    await asyncio.gather(*(connect() for _ in range(count)))
    seen.watched.clients = count
    ready()
    cpu_s = time.process_time()
    seen.is_measuring = True
    await asyncio.sleep(seconds)
    seen.is_measuring = False
    seen.watched.cpu_s = time.process_time() - cpu_s
    seen.watched.clients -= seen.lost
    return seen.watched


def main() -> int:
    """Watch, and write what was seen to a file as JSON; a line says that all are connected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("room")
    parser.add_argument("protocol", choices=["sse", "websocket"])
    parser.add_argument("clients", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("result", type=Path)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        watched = runner.run(
            watch(
                given.url,
                given.room,
                given.protocol,
                given.clients,
                given.seconds,
                lambda: print("ready", flush=True),
            )
        )
    given.result.write_bytes(msgspec.json.encode(watched))
    return 0


if __name__ == "__main__":
    sys.exit(main())
