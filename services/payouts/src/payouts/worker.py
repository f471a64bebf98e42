"""The process that works: accrues gifts and publishes earnings."""

import asyncio

from chassis import worker
from chassis.db import service_pool
from payouts.consumers.gift_sent import gift_sent
from payouts.settings import Settings


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with service_pool(settings, "worker") as pool:
        await worker.run_worker(settings, stop, pool=pool, subscriptions=[gift_sent()])
