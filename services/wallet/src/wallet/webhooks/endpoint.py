"""`POST /webhooks/<provider>`: authentic deliveries are kept and applied, the rest turned away.

The status says whether to send it again (docs/errors.md).
"""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool
from chassis.telemetry import current_traceparent, metrics
from chassis.webhooks import (
    SignatureError,
    StaleError,
    TurnedAwayError,
    UnreadableError,
    answer,
    read_body,
    recorded,
    unreadable_id,
)
from wallet.commands.record_delivery import record_delivery
from wallet.commands.settle_event import ALARMS, DeliveryOutcome
from wallet.domain.purchase import PaymentEvent, ProviderUnavailableError
from wallet.providers import Seller, Store

log = structlog.get_logger()


def make_router(
    pool: Pool, providers: Mapping[str, Seller], *, now: Clock = clock.now
) -> APIRouter:
    """The route over an open database."""
    router = APIRouter()

    @router.post("/webhooks/{name}")
    async def receive(name: str, request: Request) -> JSONResponse:
        provider = providers.get(name)
        if provider is None:
            return answer(404, "unknown_provider", "there is no such provider")
        try:
            body = await read_body(request)
            event = await _take_in(provider, request, body, now=now)
            outcome = await _record(pool, provider.name, event, body, now=now)
        except TurnedAwayError as error:
            metrics.WEBHOOK_DELIVERIES.labels(name, error.code).inc()
            log.warning("webhook_turned_away", provider=name, code=error.code, reason=str(error))
            return answer(error.status, error.code, str(error))
        metrics.WEBHOOK_DELIVERIES.labels(name, outcome).inc()
        return answer(202 if outcome in ALARMS else 200, outcome, ALARMS.get(outcome, ""))

    return router


async def _take_in(
    provider: Seller, request: Request, body: bytes, *, now: Clock
) -> PaymentEvent | None:
    """What an authentic delivery says; None where it could not be read."""
    try:
        if isinstance(provider, Store):
            return await provider.receive(request.headers, body, now_s=now().timestamp())
        provider.authenticate(request.headers, body, now_s=now().timestamp())
        return provider.read(body)
    except (SignatureError, StaleError) as error:
        raise TurnedAwayError.of(error) from error
    except ProviderUnavailableError as error:
        reason = "the store does not answer: send it again"
        raise TurnedAwayError(503, "unavailable", reason) from error
    except UnreadableError as error:
        log.error("webhook_unreadable", provider=provider.name, reason=str(error))
        return None


async def _record(
    pool: Pool, provider: str, told: PaymentEvent | None, body: bytes, *, now: Clock
) -> DeliveryOutcome:
    event = _unreadable(body) if told is None else told
    traceparent = current_traceparent()

    async def work(conn: Conn) -> DeliveryOutcome:
        return await record_delivery(
            conn,
            provider,
            event,
            body,
            at=now(),
            traceparent=traceparent,
            malformed=told is None,
        )

    outcome = await recorded(pool, work)
    if outcome in ALARMS:
        log.error(
            "webhook_raised_alarm",
            provider=provider,
            outcome=outcome,
            event_id=event.event_id,
            event_type=event.type,
            reference=event.reference,
        )
    return outcome


def _unreadable(body: bytes) -> PaymentEvent:
    """An event of a name of its own, of which nothing else is known."""
    return PaymentEvent(unreadable_id(body), "unreadable", None)
