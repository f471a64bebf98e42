"""What the house has sold, taken, given back and owes, as a metric."""

from collections.abc import Awaitable, Callable
from typing import Final

from chassis.db import Pool
from chassis.telemetry import metrics
from wallet.domain import ledger
from wallet.store.system_accounts import sum_totals

_ALWAYS_TOLD: Final = (
    ledger.GIFT_CLEARING,
    ledger.BREAKAGE,
    ledger.PROMOTION,
    ledger.REVERSAL_CLEARING,
    ledger.CREATOR_CLAIM,
    ledger.RECEIVABLE,
    ledger.RESERVE,
    ledger.PLATFORM_LOSS,
)
"""From nought, before the first entry: debt that begins with a thousand coins has grown by them."""


def ledger_gauge(pool: Pool) -> Callable[[], Awaitable[None]]:
    """What brings the metric up to date; called whenever it is read.

    Each entry is in an account of the house as well as in a viewer's, so that these few sums tell
    of all: coins outstanding are debits less credits.
    """

    async def read() -> None:
        async with pool.acquire() as conn:
            totals = await sum_totals(conn)
        sums = dict.fromkeys(_ALWAYS_TOLD, (0, 0))
        sums |= {name: (debits, credits_) for name, debits, credits_ in totals}
        for name, (debits_coins, credits_coins) in sums.items():
            metrics.HOUSE_COINS.labels(name, "debits").set(debits_coins)
            metrics.HOUSE_COINS.labels(name, "credits").set(credits_coins)

    return read
