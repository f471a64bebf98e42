"""The worker process: settles gifts and publishes what the outbox holds."""

import asyncio

from chassis import probes, serve
from gifts import bootstrap
from gifts.settings import Settings


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with bootstrap.worker(settings) as worker:
        await serve.run_tasks(
            {"consumer": worker.consumer.run, "relay": worker.relay.run},
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
            checks=[
                probes.database(worker.pool, bootstrap.MIGRATIONS),
                probes.flag("kafka", lambda: worker.consumer.ready, "no partitions assigned yet"),
            ],
        )
