"""How many errands for stores should have been done by now, as a metric."""

from collections.abc import Awaitable, Callable, Iterable

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool
from chassis.telemetry import metrics
from wallet.domain.errands import WITHIN
from wallet.store.errands import count_late_errands


def lateness_gauge(
    pool: Pool, stores: Iterable[str], *, now: Clock = clock.now
) -> Callable[[], Awaitable[None]]:
    """What brings the metric up to date; called whenever it is read."""
    names = sorted(stores)

    async def read() -> None:
        async with pool.acquire() as conn:
            for name in names:
                for kind in WITHIN:
                    late = await count_late_errands(conn, name, kind, at=now())
                    metrics.STORE_ERRANDS_LATE.labels(name, kind).set(late)

    return read
