"""Connections that can be written to at once, without a task for each of them.

An ASGI `send` per client and event costs a switch of tasks each. What the hub has to say is the
same bytes for many, so it is written to their transports in one loop. uvicorn does everything else:
its protocols are given an outlet, a `Wire`, which the application finds in the scope.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, Final, cast, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "largesse.wire"
SEND_BUFFER_BYTES: Final = 131_072
"""Of the kernel, for each client. Left to itself it grows to megabytes for one that never reads."""
HIGH_WATER_BYTES: Final = 65_536
"""What waits in a transport before its client counts as slow."""
_SHORT, _LONG = 126, 65_536


class Wire:
    """The outgoing half of a client's connection."""

    __slots__ = ("_transport", "is_open", "is_writable", "on_lost", "on_writable", "paused_at")

    def __init__(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(HIGH_WATER_BYTES)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._transport = transport
        self.is_open = True
        """False as soon as the connection is lost or being closed."""
        self.is_writable = True
        """False while more waits in the transport than it should: write nothing more."""
        self.paused_at: float | None = None
        """Since when the client has taken nothing, by the monotonic clock."""
        self.on_writable: Callable[[], None] = _nothing
        """Called when it can be written to again."""
        self.on_lost: Callable[[], None] = _nothing
        """Called once, when the connection is gone."""

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport, framed as its protocol wants them."""
        if self.is_open and not self._transport.is_closing():
            self._transport.write(data)

    def cut(self) -> None:
        """End the connection at once; what waits in it is lost."""
        self._transport.abort()

    def pause(self) -> None:
        """The transport holds enough."""
        self.is_writable = False
        self.paused_at = time.monotonic()

    def resume(self) -> None:
        """The transport has room again."""
        self.is_writable = True
        self.paused_at = None
        self.on_writable()

    def lose(self) -> None:
        """The connection is gone."""
        if self.is_open:
            self.is_open = False
            self.on_lost()


def _nothing() -> None:
    pass


def text_frame(text: bytes) -> bytes:
    """A WebSocket message of text, as a server sends it: one frame, not masked (RFC 6455, 5.2)."""
    size = len(text)
    if size < _SHORT:
        return bytes((0x81, size)) + text
    if size < _LONG:
        return b"\x81\x7e" + size.to_bytes(2) + text
    return b"\x81\x7f" + size.to_bytes(8) + text


def chunk(body: bytes) -> bytes:
    """A part of an HTTP/1.1 response of unknown length (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(body), body)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with a wire."""

    _wire: Wire | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # uvloop's are of no class of asyncio's.
        self._wire = Wire(cast("asyncio.Transport", transport))

    @override
    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            scope: Any = self.scope
            scope["extensions"][EXTENSION] = self._wire

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        # Whoever does not read gets no pongs either: they would pile up without a bound.
        self.transport.pause_reading()
        if self._wire is not None:
            self._wire.pause()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()
        if self._wire is not None:
            self._wire.resume()

    @override
    def shutdown(self) -> None:
        # uvicorn would write to what is closed already, and take the whole server down with it.
        if not self.transport.is_closing():
            super().shutdown()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._wire is not None:
            self._wire.lose()


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, with a wire."""

    _wire: Wire | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        super().connection_made(transport)
        self._wire = Wire(transport)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {EXTENSION: self._wire}

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._wire is not None:
            self._wire.pause()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._wire is not None:
            self._wire.resume()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._wire is not None:
            self._wire.lose()
