"""Subscriptions over WebSocket: the protocol graphql-transport-ws.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md says what each message and each
code of a closing means.
"""

import asyncio
from typing import Any, ClassVar, Final

import msgspec
import structlog

from chassis.auth import KeysUnavailableError, Proof, TokenError
from chassis.graphql.errors import INTERNAL, ClientError
from chassis.graphql.masking import mask
from live_hub import metrics
from live_hub.errors import OperationRefusedError, SubscriptionLimitReachedError
from live_hub.hub import Subscription
from live_hub.operations import Wanted
from live_hub.requests import Message, Receive, Send
from live_hub.sessions import Sessions
from live_hub.wire import EXTENSION, Wire, text_frame

SUBPROTOCOL: Final = "graphql-transport-ws"
ID_CHARS_MAX: Final = 128
_DOCUMENT_EVERY_S: Final = 0.02
_DOCUMENTS_AT_ONCE_S: Final = 4.0
"""A client may start 200 subscriptions at once, and then 50 a second: a document that was never
seen takes milliseconds to validate, and whoever sends such all the time would starve the others."""
_REASON_BYTES_MAX: Final = 123
"""What fits into a closing frame (RFC 6455, 5.5)."""

log = structlog.get_logger()


class _Message(msgspec.Struct):
    type: str
    id: str | None = None
    payload: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(_Message)
_encode = msgspec.json.Encoder().encode


class _CloseError(Exception):
    """The client broke the protocol, or may not come in: the socket is closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Sink:
    """One subscription on the socket."""

    __slots__ = ("_id", "_prefix", "_session")

    def __init__(self, session: "WebSocketSession", id: str) -> None:  # noqa: A002 - its name there
        self._session = session
        self._id = id
        self._prefix = b'{"id":%b,"type":"next","payload":' % _encode(id)

    @property
    def is_writable(self) -> bool:
        return self._session.wire.is_writable

    def next(self, payload: bytes) -> None:
        self._session.wire.write(text_frame(self._prefix + payload + b"}"))

    def complete(self) -> None:
        self._session.end(self._id)
        self._tell({"id": self._id, "type": "complete"})

    def fail(self, error: ClientError) -> None:
        self.refuse([dict(error.formatted)])

    def refuse(self, errors: list[dict[str, Any]]) -> None:
        """End the subscription with these errors."""
        metrics.refused(errors)
        self._session.end(self._id)
        self._tell({"id": self._id, "type": "error", "payload": errors})

    def _tell(self, message: dict[str, Any]) -> None:
        self._session.wire.write(text_frame(_encode(message)))


class WebSocketSession:
    """One socket, with many subscriptions."""

    protocol: ClassVar[str] = "websocket"

    def __init__(self, sessions: Sessions, wire: Wire, receive: Receive, send: Send) -> None:
        self.wire = wire
        self._sessions = sessions
        self._settings = sessions.settings
        self._receive = receive
        self._send = send
        self._is_initialised = False
        self._proof: Proof | None = None
        self._next_document_at = 0.0
        self._subscriptions: dict[str, Subscription | asyncio.Task[None]] = {}
        """By the client's ids; those that wait for what they want to see are tasks."""

    async def run(self, authorization: str | None) -> None:
        """Serve the socket, which was accepted, until it is closed by either side."""
        self._sessions.add(self)
        self.wire.on_writable = self._catch_up
        try:
            if await self._initialise(authorization):
                while (text := await self._next_text()) is not None:
                    await self._take(_read(text))
        except _CloseError as close:
            metrics.REFUSED.labels(str(close.code)).inc()
            reason = close.reason.encode()[:_REASON_BYTES_MAX].decode(errors="ignore")
            await self._send({"type": "websocket.close", "code": close.code, "reason": reason})
        finally:
            self._sessions.discard(self)
            for id_ in list(self._subscriptions):
                self.end(id_)

    def beat(self) -> None:
        """The protocol below sends pings."""

    def stop(self) -> None:
        """The server closes sockets by itself when it stops, with 1012: come back.

        Whoever does not read does not hear of it, and must not keep the process from its end.
        """
        if not self.wire.is_writable:
            self.wire.cut()

    def end(self, id_: str) -> None:
        """End a subscription, if it is still there."""
        match self._subscriptions.pop(id_, None):
            case Subscription() as subscription:
                subscription.end()
            case asyncio.Task() as starting if starting is not asyncio.current_task():
                starting.cancel()
            case _:
                pass

    async def _initialise(self, authorization: str | None) -> bool:
        """Wait until the client has said who it is; what it says counts before the header.

        False: it has gone.
        """
        try:
            async with asyncio.timeout(self._settings.init_timeout_s):
                while not self._is_initialised:
                    text = await self._next_text()
                    if text is None:
                        return False
                    message = _read(text)
                    if message.type == "connection_init":
                        self._is_initialised = True
                        self._proof = await self._prove(message.payload or {}, authorization)
                    elif message.type == "subscribe":
                        raise _CloseError(4401, "Unauthorized")
                    else:
                        await self._take(message)
        except TimeoutError:
            raise _CloseError(4408, "Connection initialisation timeout") from None
        await self._say({"type": "connection_ack"})
        return True

    async def _prove(self, payload: dict[str, Any], header: str | None) -> Proof | None:
        given = payload.get("authorization", payload.get("Authorization", header))
        if given is not None and not isinstance(given, str):
            raise _CloseError(4400, "authorization is not text")
        try:
            return await self._sessions.prove(given)
        except TokenError as error:
            raise _CloseError(4403, f"Forbidden: {error.reason}") from error
        except KeysUnavailableError as error:
            log.error("token_keys_unavailable")
            raise _CloseError(1013, "Tokens cannot be checked now: try again") from error

    async def _take(self, message: _Message) -> None:
        match message.type:
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                pass
            case "connection_init":
                raise _CloseError(4429, "Too many initialisation requests")
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                self.end(_id_of(message))
            case _:
                raise _CloseError(4400, "Invalid message: unknown type")

    async def _subscribe(self, message: _Message) -> None:
        id_ = _id_of(message)
        if id_ in self._subscriptions:
            raise _CloseError(4409, f"Subscriber for {id_} already exists")
        try:
            wanted = msgspec.convert(message.payload, Wanted)
        except msgspec.ValidationError as error:
            raise _CloseError(4400, f"Invalid message: {error}") from error
        sink = _Sink(self, id_)
        if len(self._subscriptions) >= self._settings.subscriptions_max:
            most = self._settings.subscriptions_max
            # Told as everything else that the client waits for: it reads, or is read no further.
            error = SubscriptionLimitReachedError(f"At most {most} subscriptions on one socket.")
            metrics.REFUSED.labels(error.code).inc()
            await self._say({"id": id_, "type": "error", "payload": [error.formatted]})
            return
        await self._pace()
        starting = asyncio.create_task(self._start(id_, sink, wanted))
        self._subscriptions[id_] = starting

    async def _pace(self) -> None:
        """Read no further while the client asks for more than its share."""
        now = asyncio.get_running_loop().time()
        self._next_document_at = max(now, self._next_document_at) + _DOCUMENT_EVERY_S
        await asyncio.sleep(max(0.0, self._next_document_at - now - _DOCUMENTS_AT_ONCE_S))

    async def _start(self, id_: str, sink: _Sink, wanted: Wanted) -> None:
        try:
            asked = self._sessions.operations.read(wanted)
            started = await self._sessions.hub.subscribe(asked, self._proof, sink)
            self._subscriptions[id_] = started
        except OperationRefusedError as refused:
            sink.refuse([dict(error.formatted) for error in refused.errors])
        except ClientError as error:
            sink.fail(error)
        except Exception:
            log.exception("subscription_failed")
            sink.refuse([mask(INTERNAL, id_)])

    def _catch_up(self) -> None:
        for subscription in list(self._subscriptions.values()):
            if isinstance(subscription, Subscription):
                subscription.catch_up()

    async def _next_text(self) -> str | None:
        """The next message; None when the socket is closed."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text")
        if text is None:
            raise _CloseError(4400, "Invalid message: not text")
        return text

    async def _say(self, message: dict[str, Any]) -> None:
        """Answer the client; waits while it does not read, and reads no more from it either."""
        await self._send({"type": "websocket.send", "text": _encode(message).decode()})


async def serve_websocket(sessions: Sessions, scope: Message, receive: Receive, send: Send) -> None:
    """Serve one WebSocket, by ASGI."""
    await receive()  # websocket.connect
    if SUBPROTOCOL not in scope["subprotocols"]:
        await send({"type": "websocket.accept"})
        reason = f"Subprotocol not acceptable: use {SUBPROTOCOL}"
        await send({"type": "websocket.close", "code": 4406, "reason": reason})
        return
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    if sessions.is_full:
        await send({"type": "websocket.close", "code": 1013, "reason": "Full: try again later"})
        return
    header = dict(scope["headers"]).get(b"authorization")
    authorization = None if header is None else header.decode("latin-1")
    session = WebSocketSession(sessions, scope["extensions"][EXTENSION], receive, send)
    await session.run(authorization)


def _read(text: str) -> _Message:
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _CloseError(4400, f"Invalid message: {error}") from error


def _id_of(message: _Message) -> str:
    if not message.id or len(message.id) > ID_CHARS_MAX:
        raise _CloseError(4400, f"Invalid message: an id has 1 to {ID_CHARS_MAX} characters")
    return message.id
