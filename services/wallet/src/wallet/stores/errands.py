"""The worker's task that does what stores wait for."""

from collections.abc import Mapping
from typing import Final

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool, transact
from chassis.periodic import repeated
from chassis.serve import Task
from chassis.telemetry import metrics
from wallet.commands.run_errands import TakenErrand, end_errand, take_errand
from wallet.domain.errands import ErrandOutcome
from wallet.domain.purchase import ProviderUnavailableError
from wallet.providers import Store

LOOK_EVERY_S: Final = 5.0

log = structlog.get_logger()


def errand_runner(pool: Pool, stores: Mapping[str, Store], *, now: Clock = clock.now) -> Task:
    """A task that runs errands as they fall due, one after another."""
    return repeated(lambda: run_errand(pool, stores, now=now), every_s=LOOK_EVERY_S, name="errands")


async def run_errand(pool: Pool, stores: Mapping[str, Store], *, now: Clock) -> bool:
    """Run the next errand; False where none is due. The store is asked outside of transactions."""
    taken = await transact(pool, lambda conn: take_errand(conn, list(stores), at=now()))
    if taken is None:
        return False
    errand = taken.errand
    try:
        outcome = await _run(stores[errand.provider], taken, now=now)
    except ProviderUnavailableError:
        metrics.STORE_ERRANDS.labels(errand.provider, errand.kind, "put_off").inc()
        log.warning("errand_put_off", provider=errand.provider, kind=errand.kind)
        return True
    await transact(pool, lambda conn: end_errand(conn, errand, outcome, at=now()))
    metrics.STORE_ERRANDS.labels(errand.provider, errand.kind, outcome).inc()
    log.info("errand_ended", provider=errand.provider, kind=errand.kind, outcome=outcome)
    return True


async def _run(store: Store, taken: TakenErrand, *, now: Clock) -> ErrandOutcome:
    if taken.errand.is_missed(now()):
        return "missed"
    return await store.run_errand(taken.errand, taken.product_id, taken.usage)
