"""The process that works: settles gifts, takes them back, tells rooms, publishes the outbox."""

import asyncio

from chassis import clock, worker
from chassis.consumer import Subscription
from chassis.db import service_pool
from chassis.periodic import repeated
from contracts.payouts.v1 import QUARANTINE, GiftReturned
from contracts.wallet.v1 import CHARGE, PURCHASE
from gifts.consumers import purchase_taken_back
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.consumers.gift_returned import OnGiftReturned
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from gifts.edge.battle_clock import BattleClock
from gifts.edge.room_clock import RoomClock
from gifts.edge.train_clock import TrainClock
from gifts.settings import WorkerSettings


async def run_worker(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    rules = settings.room_rules
    async with service_pool(settings, "worker") as pool:
        await worker.run_worker(
            settings,
            stop,
            pool=pool,
            subscriptions=[
                Subscription(CHARGE, EVENTS, ChargeAnswered(rules)),
                Subscription(PURCHASE, purchase_taken_back.EVENTS, PurchaseTakenBack(rules)),
                Subscription(QUARANTINE, [GiftReturned], OnGiftReturned()),
            ],
            tasks={
                "rooms": repeated(
                    RoomClock(pool, rules).once, every_s=settings.room_clock_every_s, name="rooms"
                ),
                "battles": repeated(
                    BattleClock(pool, rules, since=clock.now()).once,
                    every_s=settings.room_clock_every_s,
                    name="battles",
                ),
                "trains": repeated(
                    TrainClock(pool, rules).once, every_s=settings.room_clock_every_s, name="trains"
                ),
            },
        )
