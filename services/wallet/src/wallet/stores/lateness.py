"""How late we are with what we owe to stores, as metrics."""

from collections.abc import Awaitable, Callable, Iterable

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool
from chassis.telemetry import metrics
from wallet.domain.errands import WITHIN
from wallet.store.errands import count_late_errands
from wallet.store.polls import find_read_until


def lateness_gauge(
    pool: Pool, stores: Iterable[str], *, now: Clock = clock.now
) -> Callable[[], Awaitable[None]]:
    """What brings the metrics up to date; called whenever they are read."""
    names = sorted(stores)

    async def read() -> None:
        async with pool.acquire() as conn:
            for name in names:
                for kind in WITHIN:
                    late = await count_late_errands(conn, name, kind, at=now())
                    metrics.STORE_ERRANDS_LATE.labels(name, kind).set(late)
                read_until = await find_read_until(conn, name)
                if read_until is not None:
                    age_s = (now() - read_until).total_seconds()
                    metrics.STORE_LIST_AGE.labels(name).set(age_s)

    return read
