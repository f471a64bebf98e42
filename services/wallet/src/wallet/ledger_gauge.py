"""What the house has sold, taken, given back and owes, as a metric."""

from collections.abc import Awaitable, Callable

from chassis.db import Pool
from chassis.telemetry import metrics
from wallet.store.system_accounts import sum_totals


def ledger_gauge(pool: Pool) -> Callable[[], Awaitable[None]]:
    """What brings the metric up to date; called whenever it is read.

    Each entry is in an account of the house as well as in a viewer's, so that these few sums tell
    of all: coins outstanding are debits less credits.
    """

    async def read() -> None:
        async with pool.acquire() as conn:
            totals = await sum_totals(conn)
        for name, debits_coins, credits_coins in totals:
            metrics.HOUSE_COINS.labels(name, "debits").set(debits_coins)
            metrics.HOUSE_COINS.labels(name, "credits").set(credits_coins)

    return read
