"""Requests by HTTP: what they ask, who asks, and answers in JSON."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from chassis.auth import KeysUnavailableError, Proof, TokenError
from chassis.graphql.endpoint import RequestRefusedError, read_body
from chassis.graphql.errors import UNAVAILABLE, UnauthenticatedError
from chassis.graphql.masking import mask
from live_hub import metrics
from live_hub.errors import BadRequestError
from live_hub.operations import Wanted
from live_hub.sessions import Sessions

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Headers = dict[bytes, bytes]

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


async def read_post(headers: Headers, receive: Receive) -> Wanted:
    """The operation in the body of a POST request.

    Raises:
        RequestRefusedError: It is not JSON, too large, or no request of GraphQL.
    """
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise RequestRefusedError(415, BadRequestError("Send application/json."))
    body = await read_body(receive, headers)
    try:
        return msgspec.json.decode(body, type=Wanted)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        message = f"The body is not a GraphQL request in JSON: {error}."
        raise RequestRefusedError(400, BadRequestError(message)) from error


def read_parameters(query_string: bytes) -> Wanted:
    """The operation in the parameters of a GET request.

    Raises:
        RequestRefusedError: They are no request of GraphQL.
    """
    try:
        given = {name: values[-1] for name, values in parse_qs(query_string.decode()).items()}
        if "variables" in given:
            given["variables"] = msgspec.json.decode(given["variables"])
        return msgspec.convert(given, Wanted)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        message = f"The parameters are not a GraphQL request: {error}."
        raise RequestRefusedError(400, BadRequestError(message)) from error


async def prove(sessions: Sessions, headers: Headers) -> Proof | None:
    """Who asks; None for somebody without a token.

    Raises:
        RequestRefusedError: The token proves nothing.
        KeysUnavailableError: It cannot be checked now.
    """
    header = headers.get(b"authorization")
    try:
        return await sessions.prove(None if header is None else header.decode("latin-1"))
    except TokenError as error:
        raise RequestRefusedError(401, UnauthenticatedError(error.reason)) from error


async def refuse(
    send: Send, error: RequestRefusedError | KeysUnavailableError, request_id: str = ""
) -> None:
    """Say why a request is not served."""
    if isinstance(error, RequestRefusedError):
        metrics.refused([error.error.formatted])
        await answer(send, error.status, {"errors": [dict(error.error.formatted)]})
        return
    log.error("token_keys_unavailable")
    await answer(send, 503, {"errors": [mask(UNAVAILABLE, request_id)]})


async def answer(send: Send, status: int, result: dict[str, Any]) -> None:
    """Send an execution result."""
    body = _encode(result)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
