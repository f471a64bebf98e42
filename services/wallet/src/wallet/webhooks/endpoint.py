"""`POST /webhooks/<provider>`: authentic deliveries are kept and applied, the rest turned away.

| status | code | meaning |
| --- | --- | --- |
| 200 | the outcome | kept, and applied if that was still to do; nothing to send again |
| 202 | the outcome | kept, and raised as an alarm for a person; nothing to send again |
| 400 | `signature_stale` | signed too long ago: send it again, signed anew |
| 401 | `signature_invalid` | not signed by the provider; nothing was kept |
| 404 | `unknown_provider` | no provider of that name |
| 413 | `body_too_large` | more than 64 KiB |
| 503 | `unavailable` | the database is away: send it again |
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import asyncpg
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, is_outage, transact
from chassis.telemetry import current_traceparent, metrics
from wallet.commands.record_delivery import DeliveryOutcome, record_delivery
from wallet.domain.purchase import PaymentEvent
from wallet.providers import Provider, SignatureError, StaleError
from wallet.providers.provider import UnreadableError
from wallet.store.provider_events import count_open_alarms

BODY_BYTES_MAX: Final = 65_536
_ALARMING: Final = frozenset({"parked", "mismatched", "unknown_type", "malformed"})

log = structlog.get_logger()


def make_router(
    pool: Pool, providers: Mapping[str, Provider], *, now: Clock = clock.now
) -> APIRouter:
    """The route over an open database."""
    router = APIRouter()

    @router.post("/webhooks/{name}")
    async def receive(name: str, request: Request) -> JSONResponse:
        provider = providers.get(name)
        if provider is None:
            return _answer(404, "unknown_provider")
        body = await _body(request)
        if body is None:
            return _turned_away(name, 413, "body_too_large")
        at = now()
        try:
            provider.authenticate(request.headers, body, now_s=at.timestamp())
        except SignatureError as error:
            return _turned_away(name, 401, "signature_invalid", str(error))
        except StaleError as error:
            return _turned_away(name, 400, "signature_stale", str(error))
        try:
            outcome, alarms = await _record(pool, provider, body, now=now)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            if not is_outage(error):
                raise
            return _turned_away(name, 503, "unavailable", "the database is away: send it again")
        metrics.WEBHOOK_DELIVERIES.labels(name, outcome).inc()
        metrics.WEBHOOKS_UNMATCHED.labels(name).set(alarms)
        return _answer(202 if outcome in _ALARMING else 200, outcome)

    return router


async def _record(
    pool: Pool, provider: Provider, body: bytes, *, now: Clock
) -> tuple[DeliveryOutcome, int]:
    malformed = False
    try:
        event = provider.read(body)
    except UnreadableError as error:
        # Authentic, so the provider has changed its form or we have misread it: kept under a name
        # of its own, that of its content.
        log.error("webhook_unreadable", provider=provider.name, reason=str(error))
        digest = hashlib.sha256(body).hexdigest()
        event, malformed = PaymentEvent(f"unreadable:{digest}", "unreadable", None), True
    traceparent = current_traceparent()

    async def work(conn: Conn) -> tuple[DeliveryOutcome, int]:
        outcome = await record_delivery(
            conn,
            provider.name,
            event,
            body,
            at=now(),
            traceparent=traceparent,
            malformed=malformed,
        )
        return outcome, await count_open_alarms(conn, provider.name)

    outcome, alarms = await transact(
        pool, work, lost_race=lambda: metrics.TRANSACT_RETRIES.labels("webhook").inc()
    )
    if outcome in _ALARMING:
        log.error(
            "webhook_raised_alarm",
            provider=provider.name,
            outcome=outcome,
            event_id=event.event_id,
            event_type=event.type,
            reference=event.reference,
        )
    return outcome, alarms


async def _body(request: Request) -> bytes | None:
    """The raw bytes, or None where they are too many; no more than that is ever read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    return bytes(body)


def _turned_away(provider: str, status: int, code: str, reason: str = "") -> JSONResponse:
    metrics.WEBHOOK_DELIVERIES.labels(provider, code).inc()
    log.warning("webhook_turned_away", provider=provider, code=code, reason=reason)
    return _answer(status, code, reason)


def _answer(status: int, code: str, message: str = "") -> JSONResponse:
    content = {"code": code, "message": message} if message else {"code": code}
    return JSONResponse(content, status_code=status)
