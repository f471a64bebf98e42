"""The HTTP side of a webhook."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from chassis.db import LOST_RACES, OUTAGES, Conn, Pool, is_outage, transact
from chassis.telemetry import metrics
from chassis.webhooks.errors import TurnedAwayError

BODY_BYTES_MAX: Final = 65_536


async def read_body(request: Request) -> bytes:
    """The raw bytes; no more than the limit is ever kept.

    Raises:
        TurnedAwayError: It is larger, or ended early.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise TurnedAwayError(
                    413, "body_too_large", f"at most {BODY_BYTES_MAX} bytes are taken"
                )
    except ClientDisconnect as error:
        raise TurnedAwayError(400, "body_incomplete", "the body ended early") from error
    return bytes(body)


async def recorded[T](pool: Pool, work: Callable[[Conn], Awaitable[T]]) -> T:
    """Run what keeps a delivery, in one transaction.

    Raises:
        TurnedAwayError: The database is away; the sender tries again.
    """
    try:
        return await transact(
            pool, work, lost_race=lambda: metrics.TRANSACT_RETRIES.labels("webhook").inc()
        )
    except (*OUTAGES, *LOST_RACES) as error:
        if not (is_outage(error) or isinstance(error, LOST_RACES)):
            raise
        raise TurnedAwayError(503, "unavailable", "the database is away: send it again") from error


def unreadable_id(body: bytes) -> str:
    """The name under which an authentic body that nobody could read is kept: that of its content.

    It means that the sender has changed its form, or that we have misread it.
    """
    return f"unreadable:{hashlib.sha256(body).hexdigest()}"


def answer(status: int, code: str, message: str = "") -> JSONResponse:
    """What a sender is told."""
    content = {"code": code, "message": message} if message else {"code": code}
    return JSONResponse(content, status_code=status)
