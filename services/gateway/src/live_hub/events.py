"""Subscriptions over server-sent events: graphql-sse, in its mode of distinct connections.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md: one request is one subscription;
its results are events of the type `next`, and `complete` is the last one.
"""

import asyncio
from typing import Any, ClassVar, Final

import msgspec
import structlog

from chassis.auth import KeysUnavailableError, Proof
from chassis.graphql.endpoint import RequestRefusedError
from chassis.graphql.errors import INTERNAL, ClientError
from chassis.graphql.masking import mask
from live_hub import metrics
from live_hub.errors import BadRequestError, OperationRefusedError
from live_hub.hub import Subscription
from live_hub.operations import Wanted
from live_hub.requests import (
    Headers,
    Message,
    Receive,
    Send,
    prove,
    read_parameters,
    read_post,
    refuse,
)
from live_hub.sessions import Sessions
from live_hub.wire import EXTENSION, Wire, chunk

MEDIA_TYPE: Final = b"text/event-stream"
_NEXT: Final = b"event: next\ndata: %b\n\n"
_COMPLETE: Final = chunk(b"event: complete\ndata:\n\n")
_BEAT: Final = chunk(b":\n\n")
_HEADERS: Final = [
    (b"content-type", MEDIA_TYPE + b"; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # Proxies that collect an answer before they pass it on would hold everything back.
    (b"x-accel-buffering", b"no"),
]

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class EventSession:
    """One response that goes on, with one subscription. It is its subscription's sink, too."""

    protocol: ClassVar[str] = "sse"

    def __init__(self, sessions: Sessions, wire: Wire) -> None:
        self.wire = wire
        self._sessions = sessions
        self._subscription: Subscription | None = None
        self._over = asyncio.Event()

    async def run(self, wanted: Wanted, proof: Proof | None) -> None:
        """Tell what was asked for, until either side has enough."""
        self._sessions.add(self)
        self.wire.on_lost = self._over.set
        try:
            asked = self._sessions.operations.read(wanted)
            starting = asyncio.ensure_future(self._sessions.hub.subscribe(asked, proof, self))
            await self._unless_over(starting)
            if not starting.cancelled():
                self._subscription = starting.result()
                self.wire.on_writable = self._subscription.catch_up
                self._subscription.catch_up()
            await self._over.wait()
        except OperationRefusedError as refused:
            self._refuse([dict(error.formatted) for error in refused.errors])
        except ClientError as error:
            self._refuse([dict(error.formatted)])
        except Exception:
            log.exception("subscription_failed")
            self._refuse([mask(INTERNAL, "")])
        finally:
            self._sessions.discard(self)
            if self._subscription is not None:
                self._subscription.end()
            self.wire.on_writable = self.wire.on_lost = _nothing

    @property
    def is_writable(self) -> bool:
        """Whether the connection takes more now."""
        return self.wire.is_writable and not self._over.is_set()

    def next(self, payload: bytes) -> None:
        """Send an execution result."""
        if not self._over.is_set():
            self.wire.write(chunk(_NEXT % payload))

    def complete(self) -> None:
        """Say that there is no more, and end the response."""
        if not self._over.is_set():
            self.wire.write(_COMPLETE)
            self._over.set()

    def fail(self, error: ClientError) -> None:
        """Say why there is no more, and end the response."""
        self._refuse([dict(error.formatted)])

    def beat(self) -> None:
        """Send a comment."""
        if self.is_writable:
            self.wire.write(_BEAT)

    def stop(self) -> None:
        """End the response without `complete`: the client comes back elsewhere."""
        self._over.set()
        if not self.wire.is_writable:
            self.wire.cut()

    def _refuse(self, errors: list[dict[str, Any]]) -> None:
        metrics.refused(errors)
        self.next(_encode({"errors": errors}))
        self.complete()

    async def _unless_over(self, starting: asyncio.Future[Subscription]) -> None:
        """Wait for the subscription to begin, unless the client leaves before."""
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait({starting, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting})


async def serve_events(sessions: Sessions, scope: Message, receive: Receive, send: Send) -> None:
    """Serve one request, by ASGI: a stream, or an answer in JSON to what is no such request."""
    headers: Headers = dict(scope["headers"])
    try:
        wanted = await _read(scope, headers, receive)
        proof = await prove(sessions, headers)
        if sessions.is_full:
            raise RequestRefusedError(503, BadRequestError("Full: try again later."))
    except (RequestRefusedError, KeysUnavailableError) as error:
        await refuse(send, error)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await EventSession(sessions, scope["extensions"][EXTENSION]).run(wanted, proof)
    await send({"type": "http.response.body", "body": b""})


async def _read(scope: Message, headers: Headers, receive: Receive) -> Wanted:
    """The operation of a request: a POST with JSON, or a GET with parameters (EventSource)."""
    if scope["http_version"] == "1.0":
        raise RequestRefusedError(505, BadRequestError("Events need HTTP/1.1."))
    if scope["method"] == "GET":
        return read_parameters(scope["query_string"])
    if scope["method"] != "POST":
        raise RequestRefusedError(405, BadRequestError("Send a POST or a GET request."))
    return await read_post(headers, receive)


def wants_events(scope: Message) -> bool:
    """Whether a request is one for server-sent events."""
    return MEDIA_TYPE in dict(scope["headers"]).get(b"accept", b"")


def _nothing() -> None:
    pass
