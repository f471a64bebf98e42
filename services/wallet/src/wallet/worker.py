"""The process that works: charges, sweeps expired lots, publishes events, answers probes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from chassis import clock, probes, serve
from chassis.db import OUTAGES, Pool, is_outage, transact
from wallet import bootstrap
from wallet.commands.expire_lots import expire_lots
from wallet.settings import Settings

SWEEP_EVERY_S: Final = 60.0
SWEEP_AT_ONCE: Final = 500

log = structlog.get_logger()


def sweeper(pool: Pool) -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
    """A task that books expired coins once a minute, a few hundred wallets at a time."""

    async def sweep(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                swept = await transact(
                    pool, lambda conn: expire_lots(conn, at=clock.now(), lots_max=SWEEP_AT_ONCE)
                )
            except OUTAGES as error:
                if not is_outage(error):
                    raise
                log.warning("sweep_put_off", reason=repr(error))
                swept = 0
            # Wallets that are busy are not counted: they are looked at again after the pause.
            if swept:
                continue
            try:
                async with asyncio.timeout(SWEEP_EVERY_S):
                    await stop.wait()
            except TimeoutError:
                pass

    return sweep


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with bootstrap.pool_of(settings, "worker") as pool:
        consumer = bootstrap.consumer(settings, pool)
        await serve.run_tasks(
            {
                "consumer": consumer.run,
                "relay": bootstrap.relay(settings).run,
                "sweeper": sweeper(pool),
            },
            stop,
            host=settings.http_host,
            port=settings.http_port,
            checks=[
                probes.database(pool, bootstrap.MIGRATIONS),
                probes.flag("kafka", lambda: consumer.ready, "no partitions assigned yet"),
            ],
            grace_s=settings.shutdown_grace_s,
        )
