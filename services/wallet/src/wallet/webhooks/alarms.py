"""How much of what providers have told waits for a person to look at it, as metrics."""

from collections.abc import Awaitable, Callable, Iterable

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool
from chassis.telemetry import metrics
from wallet.store.claims import count_overdue_disputes
from wallet.store.provider_events import count_open_alarms


def alarm_gauge(pool: Pool, providers: Iterable[str]) -> Callable[[], Awaitable[None]]:
    """What brings the metric up to date; called whenever it is read.

    So it is right from the start, in every process, and after an alarm was resolved elsewhere.
    """
    names = sorted(providers)

    async def read() -> None:
        async with pool.acquire() as conn:
            for name in names:
                metrics.WEBHOOKS_UNMATCHED.labels(name).set(await count_open_alarms(conn, name))

    return read


def disputes_gauge(pool: Pool, *, now: Clock = clock.now) -> Callable[[], Awaitable[None]]:
    """What brings the metric of disputes that are open for too long up to date."""

    async def read() -> None:
        async with pool.acquire() as conn:
            metrics.DISPUTES_OVERDUE.set(await count_overdue_disputes(conn, at=now()))

    return read
