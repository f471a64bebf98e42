"""The process that works: charges, sweeps lots, serves stores, publishes events, answers probes."""

import asyncio
from collections.abc import Mapping
from typing import Final

from chassis import clock, worker
from chassis.consumer import Subscription
from chassis.db import Pool, service_pool, transact
from chassis.periodic import repeated
from chassis.serve import Task
from contracts.gifts.v1 import CHARGE, ChargeRequested, UndoRequested
from contracts.payouts.v1 import CLAWBACK, ClawbackSettled
from wallet.commands.expire_lots import expire_lots
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.consumers.clawback_settled import OnClawbackSettled
from wallet.providers import Store
from wallet.providers.stores import stores_of
from wallet.settings import WorkerSettings

SWEEP_EVERY_S: Final = 60.0
SWEEP_AT_ONCE: Final = 500


def sweeper(pool: Pool) -> Task:
    """A task that books expired coins once a minute, a few hundred wallets at a time."""

    async def sweep() -> bool:
        swept = await transact(
            pool, lambda conn: expire_lots(conn, at=clock.now(), lots_max=SWEEP_AT_ONCE)
        )
        # Wallets that are busy are not counted: they are looked at again after the pause.
        return swept > 0

    return repeated(sweep, every_s=SWEEP_EVERY_S, name="sweep")


def _for_stores(pool: Pool, stores: Mapping[str, Store]) -> dict[str, Task]:
    """What there is to do where coins are sold in app stores.

    Imported only then: the stores' libraries take as long to load as the rest of the worker.
    """
    if not stores:
        return {}
    from wallet.providers.google_play import GooglePlay
    from wallet.stores.errands import errand_runner
    from wallet.stores.voids import void_reader

    tasks = {"errands": errand_runner(pool, stores)}
    for store in stores.values():
        if isinstance(store, GooglePlay):
            tasks["voids"] = void_reader(pool, store)
    return tasks


async def run_worker(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with service_pool(settings, "worker") as pool, stores_of(settings) as stores:
        await worker.run_worker(
            settings,
            stop,
            pool=pool,
            subscriptions=[
                Subscription(CHARGE, [ChargeRequested, UndoRequested], OnChargeRequested()),
                Subscription(CLAWBACK, [ClawbackSettled], OnClawbackSettled()),
            ],
            tasks={"sweeper": sweeper(pool), **_for_stores(pool, stores)},
        )
