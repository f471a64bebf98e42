"""The process that works: applies gifts, publishes earnings, answers probes."""

import asyncio

from chassis import probes, serve
from payouts import bootstrap
from payouts.settings import Settings


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with bootstrap.pool_of(settings, "worker") as pool:
        consumer = bootstrap.consumer(settings, pool)
        await serve.run_tasks(
            {"consumer": consumer.run, "relay": bootstrap.relay(settings).run},
            stop,
            host=settings.http_host,
            port=settings.http_port,
            checks=[
                probes.database(pool, bootstrap.MIGRATIONS),
                probes.flag("kafka", lambda: consumer.ready, "no partitions assigned yet"),
            ],
            grace_s=settings.shutdown_grace_s,
        )
