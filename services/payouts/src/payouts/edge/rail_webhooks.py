"""`POST /webhooks/<rail>`: authentic deliveries are kept, and what they name is looked at.

The status says whether to send it again (docs/errors.md).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool
from chassis.telemetry import metrics
from chassis.webhooks import SignatureError, StaleError, TurnedAwayError, UnreadableError
from chassis.webhooks.requests import answer, read_body, recorded, unreadable_id
from payouts.commands.take_rail_event import take_rail_event
from payouts.domain.rail_event import DeliveryOutcome, unreadable
from payouts.rails.sender import Sender
from payouts.store.rail_events import count_open_events

ALARMS: Final[Mapping[DeliveryOutcome, str]] = {
    "parked": "nobody knows the account or the order that it names",
    "unknown_type": "a type of event that is not known",
    "malformed": "authentic, but not in the form agreed on",
    "contradicted": "the event came before and said something else",
}
"""What a person looks at, and why."""

log = structlog.get_logger()


def make_router(pool: Pool, senders: Mapping[str, Sender], *, now: Clock = clock.now) -> APIRouter:
    """The route over an open database."""
    router = APIRouter()

    @router.post("/webhooks/{name}")
    async def receive(name: str, request: Request) -> JSONResponse:
        sender = senders.get(name)
        if sender is None:
            return answer(404, "unknown_provider", "there is no such rail")
        try:
            body = await read_body(request)
            outcome = await _take_in(pool, name, sender, request, body, now=now)
        except TurnedAwayError as error:
            metrics.WEBHOOK_DELIVERIES.labels(name, error.code).inc()
            log.warning("webhook_turned_away", provider=name, code=error.code, reason=str(error))
            return answer(error.status, error.code, str(error))
        metrics.WEBHOOK_DELIVERIES.labels(name, outcome).inc()
        return answer(202 if outcome in ALARMS else 200, outcome, ALARMS.get(outcome, ""))

    return router


async def _take_in(
    pool: Pool, rail: str, sender: Sender, request: Request, body: bytes, *, now: Clock
) -> DeliveryOutcome:
    try:
        sender.authenticate(request.headers, body, now_s=now().timestamp())
        event, malformed = sender.read(body), False
    except (SignatureError, StaleError) as error:
        raise TurnedAwayError.of(error) from error
    except UnreadableError as error:
        log.error("webhook_unreadable", provider=rail, reason=str(error))
        event, malformed = unreadable(unreadable_id(body)), True

    async def work(conn: Conn) -> DeliveryOutcome:
        return await take_rail_event(conn, rail, event, malformed=malformed, at=now())

    outcome = await recorded(pool, work)
    if outcome in ALARMS:
        log.error(
            "webhook_raised_alarm",
            provider=rail,
            outcome=outcome,
            event_id=event.event_id,
            event_type=event.type,
        )
    return outcome


def alarm_gauge(pool: Pool, rails: Iterable[str]) -> Callable[[], Awaitable[None]]:
    """What brings the metric of open alarms up to date; called whenever it is read."""
    names = sorted(rails)

    async def read() -> None:
        async with pool.acquire() as conn:
            for name in names:
                metrics.WEBHOOKS_UNMATCHED.labels(name).set(await count_open_events(conn, name))

    return read
