"""The process that works: settles gifts and publishes what the outbox holds."""

import asyncio

from chassis import worker
from chassis.consumer import Subscription
from chassis.db import service_pool
from contracts.wallet.v1 import CHARGE
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.settings import Settings


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with service_pool(settings, "worker") as pool:
        await worker.run_worker(
            settings,
            stop,
            pool=pool,
            subscriptions=[Subscription(CHARGE, EVENTS, ChargeAnswered())],
        )
