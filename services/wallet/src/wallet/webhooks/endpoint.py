"""`POST /webhooks/<provider>`: authentic deliveries are kept and applied, the rest turned away.

The status says whether to send it again (docs/errors.md).
"""

import time
from collections.abc import Mapping

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from chassis import clock
from chassis.batcher import OverloadedError
from chassis.clock import Clock
from chassis.db import Pool
from chassis.telemetry import current_traceparent, metrics
from chassis.webhooks import SignatureError, StaleError, TurnedAwayError, UnreadableError
from chassis.webhooks.requests import answer, read_body
from wallet.commands.settle_events import ALARMS, DeliveryOutcome
from wallet.domain.purchase import PaymentEvent, ProviderUnavailableError
from wallet.providers import Seller, Store
from wallet.webhooks.recorder import Recorder

log = structlog.get_logger()


def make_router(
    pool: Pool, providers: Mapping[str, Seller], *, now: Clock = clock.now
) -> APIRouter:
    """The route over an open database."""
    router = APIRouter()
    for name in providers:
        # From nought: the first of a counter that begins with it would be no increase.
        for lost in ("failed", "unavailable"):
            metrics.WEBHOOK_DELIVERIES.labels(name, lost)
    recorders = {each.name: Recorder(pool, each.name, now=now) for each in providers.values()}

    @router.post("/webhooks/{name}")
    async def receive(name: str, request: Request) -> JSONResponse:
        provider = providers.get(name)
        if provider is None:
            return answer(404, "unknown_provider", "there is no such provider")
        came_at = time.perf_counter()
        try:
            body = await read_body(request)
            event = await _take_in(provider, request, body, now=now)
            outcome = await _record(recorders[provider.name], event, body)
        except TurnedAwayError as error:
            metrics.WEBHOOK_DELIVERIES.labels(name, error.code).inc()
            log.warning("webhook_turned_away", provider=name, code=error.code, reason=str(error))
            return answer(error.status, error.code, str(error))
        except Exception:
            metrics.WEBHOOK_DELIVERIES.labels(name, "failed").inc()
            raise
        metrics.WEBHOOK_SECONDS.labels(name).observe(time.perf_counter() - came_at)
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


async def _record(recorder: Recorder, told: PaymentEvent | None, body: bytes) -> DeliveryOutcome:
    try:
        return await recorder.record(told, body, traceparent=current_traceparent())
    except OverloadedError as error:
        reason = "too many deliveries wait: send it again"
        raise TurnedAwayError(503, "unavailable", reason) from error
