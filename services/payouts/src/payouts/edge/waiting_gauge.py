"""How many payouts are under way and for how long, as metrics."""

from collections.abc import Awaitable, Callable

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool
from chassis.telemetry import metrics
from payouts.store.waiting import count_open_breaks, measure_open


def waiting_gauge(pool: Pool, *, now: Clock = clock.now) -> Callable[[], Awaitable[None]]:
    """What brings the metrics up to date; called whenever they are read."""

    async def read() -> None:
        async with pool.acquire() as conn:
            statuses = await measure_open(conn)
            breaks = await count_open_breaks(conn)
        at = now()
        for status, payouts, since in statuses:
            age_s = 0.0 if since is None else max((at - since).total_seconds(), 0.0)
            metrics.PAYOUTS_OPEN.labels(status).set(payouts)
            metrics.PAYOUTS_OLDEST.labels(status).set(age_s)
        metrics.PAYOUT_BREAKS.set(breaks)

    return read
