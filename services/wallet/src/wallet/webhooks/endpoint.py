"""`POST /webhooks/<provider>`: authentic deliveries are kept and applied, the rest turned away.

The status says whether to send it again (docs/errors.md).
"""

from collections.abc import Mapping
from typing import Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from chassis import clock
from chassis.batcher import OverloadedError
from chassis.clock import Clock
from chassis.db import LOST_RACES, OUTAGES, Pool, is_outage
from chassis.telemetry import current_traceparent, metrics
from wallet.commands.settle_events import ALARMS, DeliveryOutcome
from wallet.domain.purchase import PaymentEvent, ProviderUnavailableError
from wallet.providers import (
    Seller,
    SignatureError,
    StaleError,
    Store,
    UnreadableError,
)
from wallet.webhooks.recorder import Recorder

BODY_BYTES_MAX: Final = 65_536

log = structlog.get_logger()


class _TurnedAwayError(Exception):
    """The delivery is not taken in; answered with a status, a stable code and a reason."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


def make_router(
    pool: Pool, providers: Mapping[str, Seller], *, now: Clock = clock.now
) -> APIRouter:
    """The route over an open database."""
    router = APIRouter()
    recorders = {each.name: Recorder(pool, each.name, now=now) for each in providers.values()}

    @router.post("/webhooks/{name}")
    async def receive(name: str, request: Request) -> JSONResponse:
        provider = providers.get(name)
        if provider is None:
            return _answer(404, "unknown_provider", "there is no such provider")
        try:
            body = await _body(request)
            event = await _take_in(provider, request, body, now=now)
            outcome = await _record(recorders[provider.name], event, body)
        except _TurnedAwayError as error:
            metrics.WEBHOOK_DELIVERIES.labels(name, error.code).inc()
            log.warning("webhook_turned_away", provider=name, code=error.code, reason=str(error))
            return _answer(error.status, error.code, str(error))
        metrics.WEBHOOK_DELIVERIES.labels(name, outcome).inc()
        return _answer(202 if outcome in ALARMS else 200, outcome, ALARMS.get(outcome, ""))

    return router


async def _body(request: Request) -> bytes:
    """The raw bytes; no more than the limit is ever kept."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise _TurnedAwayError(
                    413, "body_too_large", f"at most {BODY_BYTES_MAX} bytes are taken"
                )
    except ClientDisconnect as error:
        raise _TurnedAwayError(400, "body_incomplete", "the body ended early") from error
    return bytes(body)


async def _take_in(
    provider: Seller, request: Request, body: bytes, *, now: Clock
) -> PaymentEvent | None:
    """What an authentic delivery says; None where it could not be read."""
    try:
        if isinstance(provider, Store):
            return await provider.receive(request.headers, body, now_s=now().timestamp())
        provider.authenticate(request.headers, body, now_s=now().timestamp())
        return provider.read(body)
    except SignatureError as error:
        raise _TurnedAwayError(401, "signature_invalid", str(error)) from error
    except StaleError as error:
        raise _TurnedAwayError(400, "signature_stale", str(error)) from error
    except ProviderUnavailableError as error:
        reason = "the store does not answer: send it again"
        raise _TurnedAwayError(503, "unavailable", reason) from error
    except UnreadableError as error:
        log.error("webhook_unreadable", provider=provider.name, reason=str(error))
        return None


async def _record(recorder: Recorder, told: PaymentEvent | None, body: bytes) -> DeliveryOutcome:
    try:
        return await recorder.record(told, body, traceparent=current_traceparent())
    except OverloadedError as error:
        reason = "too many deliveries wait: send it again"
        raise _TurnedAwayError(503, "unavailable", reason) from error
    except (*OUTAGES, *LOST_RACES) as error:
        if not (is_outage(error) or isinstance(error, LOST_RACES)):
            raise
        raise _TurnedAwayError(503, "unavailable", "the database is away: send it again") from error


def _answer(status: int, code: str, message: str) -> JSONResponse:
    content = {"code": code, "message": message} if message else {"code": code}
    return JSONResponse(content, status_code=status)
