"""An HTTP/1.1 client that costs little, so that a load generator leaves the machine to its subject.

One connection carries one request at a time and stays open. Nothing is parsed but what is needed to
find the end of an answer.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, cast, override
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class ConnectionLostError(Exception):
    """The server closed the connection before its answer was whole."""


class Connection(asyncio.Protocol):
    """A kept-alive connection. `ask` again only after the last answer came."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiter: asyncio.Future[Answer] | None = None

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a whole request; the future gives the answer or `ConnectionLostError`."""
        assert self._waiter is None, "one request at a time"
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            self._fail()
        else:
            self._transport.write(request)
        return waiter

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an isinstance check: uvloop's transports are of a family of their own.
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answer = _complete(self._buffer)
        if answer is None or self._waiter is None:
            return
        self._buffer.clear()
        waiter, self._waiter = self._waiter, None
        if not waiter.done():
            waiter.set_result(answer)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._buffer.clear()
        self._fail()

    def _fail(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(ConnectionLostError("the connection was closed"))


async def connect(url: str) -> Connection:
    """A connection to the server of `url`.

    Raises:
        OSError: Nobody listens there.
    """
    address = urlsplit(url)
    assert address.hostname is not None
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, address.hostname, address.port or 80)
    return connection


class RequestFrame:
    """POST requests to one address that differ in their JSON bodies alone."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        address = urlsplit(url)
        lines = [f"POST {address.path or '/'} HTTP/1.1", f"host: {address.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["content-type: application/json", "accept: application/json", "content-length: "]
        self._head = "\r\n".join(lines).encode()

    def of(self, body: bytes) -> bytes:
        """The bytes of the request with this body."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)


def _complete(data: bytearray) -> Answer | None:
    """The answer, if all of it has arrived."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end]).lower()
    status = int(head[9:12])
    start = end + 4
    mark = head.find(b"content-length:")
    if mark >= 0:
        length = int(head[mark + 15 : (head + b"\r\n").find(b"\r\n", mark)])
        return (
            Answer(status, bytes(data[start : start + length]))
            if len(data) >= start + length
            else None
        )
    if b"transfer-encoding: chunked" in head:
        return _complete_chunks(status, data, start)
    return Answer(status, b"")


def _complete_chunks(status: int, data: bytearray, position: int) -> Answer | None:
    body = bytearray()
    while (line_end := data.find(b"\r\n", position)) >= 0:
        size = int(bytes(data[position:line_end]).partition(b";")[0], 16)
        position = line_end + 2
        if len(data) < position + size + 2:
            return None
        if size == 0:
            return Answer(status, bytes(body))
        body += data[position : position + size]
        position += size + 2
    return None
