"""`POST /webhooks/<provider>`: authentic deliveries are kept and applied, the rest turned away.

The status says whether to send it again (docs/errors.md).
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from chassis import clock
from chassis.clock import Clock
from chassis.db import LOST_RACES, OUTAGES, Conn, Pool, is_outage, transact
from chassis.telemetry import current_traceparent, metrics
from wallet.commands.record_delivery import record_delivery
from wallet.commands.settle_event import ALARMS, DeliveryOutcome
from wallet.domain.purchase import PaymentEvent
from wallet.providers import Provider, SignatureError, StaleError, UnreadableError

BODY_BYTES_MAX: Final = 65_536

log = structlog.get_logger()


class _TurnedAwayError(Exception):
    """The delivery is not taken in; answered with a status, a stable code and a reason."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


def make_router(
    pool: Pool, providers: Mapping[str, Provider], *, now: Clock = clock.now
) -> APIRouter:
    """The route over an open database."""
    router = APIRouter()

    @router.post("/webhooks/{name}")
    async def receive(name: str, request: Request) -> JSONResponse:
        provider = providers.get(name)
        if provider is None:
            return _answer(404, "unknown_provider", "there is no such provider")
        try:
            body = await _body(request)
            _authenticate(provider, request, body, now=now)
            outcome = await _record(pool, provider, body, now=now)
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


def _authenticate(provider: Provider, request: Request, body: bytes, *, now: Clock) -> None:
    try:
        provider.authenticate(request.headers, body, now_s=now().timestamp())
    except SignatureError as error:
        raise _TurnedAwayError(401, "signature_invalid", str(error)) from error
    except StaleError as error:
        raise _TurnedAwayError(400, "signature_stale", str(error)) from error


async def _record(pool: Pool, provider: Provider, body: bytes, *, now: Clock) -> DeliveryOutcome:
    event, malformed = _read(provider, body)
    traceparent = current_traceparent()

    async def work(conn: Conn) -> DeliveryOutcome:
        return await record_delivery(
            conn,
            provider.name,
            event,
            body,
            at=now(),
            traceparent=traceparent,
            malformed=malformed,
        )

    try:
        outcome = await transact(
            pool, work, lost_race=lambda: metrics.TRANSACT_RETRIES.labels("webhook").inc()
        )
    except (*OUTAGES, *LOST_RACES) as error:
        if not (is_outage(error) or isinstance(error, LOST_RACES)):
            raise
        raise _TurnedAwayError(503, "unavailable", "the database is away: send it again") from error
    if outcome in ALARMS:
        log.error(
            "webhook_raised_alarm",
            provider=provider.name,
            outcome=outcome,
            event_id=event.event_id,
            event_type=event.type,
            reference=event.reference,
        )
    return outcome


def _read(provider: Provider, body: bytes) -> tuple[PaymentEvent, bool]:
    """The event, and whether it could not be read.

    What is authentic and unreadable means that the provider has changed its form, or that we have
    misread it: it is kept under a name of its own, that of its content.
    """
    try:
        return provider.read(body), False
    except UnreadableError as error:
        log.error("webhook_unreadable", provider=provider.name, reason=str(error))
        digest = hashlib.sha256(body).hexdigest()
        return PaymentEvent(f"unreadable:{digest}", "unreadable", None), True


def _answer(status: int, code: str, message: str) -> JSONResponse:
    content = {"code": code, "message": message} if message else {"code": code}
    return JSONResponse(content, status_code=status)
