"""How many events of providers wait for a person to look at them, as a metric."""

from collections.abc import Awaitable, Callable, Iterable

from chassis.db import Pool
from chassis.telemetry import metrics
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
