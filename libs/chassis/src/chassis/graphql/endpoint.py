"""The HTTP side: one small ASGI application that FastAPI mounts at `/graphql`.

POST with a JSON body only. No GET (a link must not act), no batches (they defeat the limits), no
multipart. About a third of the CPU of the framework's own router, which matters because a gateway
turns one request of a front end into several of these.
"""

import uuid
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import structlog
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.auth import (
    KeysUnavailableError,
    TokenError,
    TokenInvalidError,
    Viewer,
)
from chassis.graphql.context import Context
from chassis.graphql.errors import (
    UNAVAILABLE,
    BadUserInputError,
    ClientError,
    UnauthenticatedError,
)
from chassis.graphql.execution import Executor, Operation
from chassis.graphql.masking import mask

BODY_BYTES_MAX: Final = 131_072
REQUEST_ID_CHARS_MAX: Final = 64

type MakeContext = Callable[[Viewer | None, str], Context]
"""Makes a request's context from the caller and the request's id."""

log = structlog.get_logger()


class VerifiesTokens(Protocol):
    """What the endpoint needs of `chassis.auth.TokenVerifier`."""

    async def verify(self, token: str) -> Viewer:
        """The caller. Raises TokenError, or KeysUnavailableError in an outage."""
        ...


def mount_graphql(
    app: FastAPI,
    executor: Executor,
    *,
    verifier: VerifiesTokens,
    make_context: MakeContext,
    path: str = "/graphql",
) -> None:
    """Serve the schema at `path`. Spans are `chassis.telemetry.TracingMiddleware`'s work.

    Around FastAPI's routing and not through it, which would cost as much as a small query; within
    every middleware that is added to `app`.
    """
    endpoint = GraphQLEndpoint(executor, verifier, make_context)
    app.user_middleware.append(Middleware(_AtPath, path=path, endpoint=endpoint))


class _AtPath:
    """Middleware that answers one path itself."""

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self.path = path
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self.path:
            # Names the route for those around us who ask, as a router would.
            scope["route"] = self
            await self._endpoint(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class RequestRefusedError(Exception):
    """The request never became an operation; answered with an HTTP status and one error."""

    def __init__(self, status: int, error: ClientError) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error


class GraphQLEndpoint:
    """ASGI application: token, body, operation, response."""

    def __init__(
        self,
        executor: Executor,
        verifier: VerifiesTokens,
        make_context: MakeContext,
    ) -> None:
        self._executor = executor
        self._verifier = verifier
        self._make_context = make_context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the response is always JSON."""
        headers = _headers(scope)
        request_id = _request_id(headers)
        status, body = await self._respond(scope, headers, receive, request_id)
        await _send(send, status, body, request_id)

    async def _respond(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, request_id: str
    ) -> tuple[int, dict[str, object]]:
        try:
            _check_form(scope["method"], headers)
            operation = read_operation(await read_body(receive, headers))
            viewer = await self._viewer(headers)
        except RequestRefusedError as refused:
            return refused.status, {"errors": [refused.error.formatted]}
        except KeysUnavailableError:
            log.error("token_keys_unavailable", request_id=request_id)
            return 503, {"errors": [mask(UNAVAILABLE, request_id)]}
        context = self._make_context(viewer, request_id)
        return 200, await self._executor.run(operation, context)

    async def _viewer(self, headers: dict[bytes, bytes]) -> Viewer | None:
        header = headers.get(b"authorization")
        if header is None:
            return None
        kind, _, token = header.decode("latin-1").partition(" ")
        try:
            if kind.lower() != "bearer":
                raise TokenInvalidError
            return await self._verifier.verify(token.strip())
        except TokenError as error:
            raise RequestRefusedError(401, UnauthenticatedError(error.reason)) from error


class _Body(msgspec.Struct, rename={"operation_name": "operationName"}):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


_decoder = msgspec.json.Decoder(_Body)
_encoder = msgspec.json.Encoder()


def read_operation(body: bytes) -> Operation:
    """The operation in a request's body. Raises RequestRefusedError unless it has the form."""
    try:
        read = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        message = f"The body is not a GraphQL request in JSON: {error}."
        raise RequestRefusedError(400, BadUserInputError(message)) from error
    return Operation(read.query, read.variables, read.operation_name)


def _check_form(method: str, headers: dict[bytes, bytes]) -> None:
    if method != "POST":
        raise RequestRefusedError(405, BadUserInputError("Send a POST request."))
    content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if content_type != b"application/json":
        raise RequestRefusedError(415, BadUserInputError("Send application/json."))


async def read_body(receive: Receive, headers: dict[bytes, bytes]) -> bytes:
    """The whole body. Raises RequestRefusedError where it is too large or ends early."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestRefusedError(400, BadUserInputError("The body ended early."))
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large() -> RequestRefusedError:
    return RequestRefusedError(413, BadUserInputError(f"At most {BODY_BYTES_MAX} bytes."))


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """By lower-case name; of a repeated header the last one counts."""
    return dict(scope["headers"])


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    if given and len(given) <= REQUEST_ID_CHARS_MAX and given.isascii() and given.isprintable():
        return given
    return str(uuid.uuid4())


async def _send(send: Send, status: int, body: dict[str, object], request_id: str) -> None:
    content = _encoder.encode(body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
