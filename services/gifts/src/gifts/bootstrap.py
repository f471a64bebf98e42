"""Puts the parts together: the one place that knows all of them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

from chassis.consumer import Consumer, Subscription
from chassis.db import BY_INDEX, Pool, open_pool
from chassis.kafka import Writer
from chassis.relay import Relay
from contracts.wallet.v1 import CHARGE
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.edge.catalogue import CatalogueCache
from gifts.edge.resources import Resources
from gifts.edge.sender import ANSWER_WITHIN_S, GiftSender
from gifts.edge.settlements import Settlements
from gifts.settings import Settings

MIGRATIONS = "gifts.migrations"


class Api(NamedTuple):
    """What an api process consists of."""

    resources: Resources
    settlements: Settlements
    """To be run beside the requests."""


class Worker(NamedTuple):
    """What a worker process consists of."""

    pool: Pool
    consumer: Consumer
    relay: Relay


@asynccontextmanager
async def database(settings: Settings, *, process: str) -> AsyncGenerator[Pool]:
    """The service's pool; its sessions end when the block does."""
    pool = await open_pool(
        settings.database_dsn.get_secret_value(),
        connections_max=settings.database_connections_max,
        application=f"gifts-{process}",
        settings=BY_INDEX,
    )
    try:
        yield pool
    finally:
        pool.terminate()


def make_api(pool: Pool, dsn: str, *, answer_within_s: float = ANSWER_WITHIN_S) -> Api:
    """The parts of an api process on a pool."""
    catalogues = CatalogueCache(pool)
    settlements = Settlements(pool, dsn)
    sender = GiftSender(
        pool, catalogues=catalogues, settlements=settlements, answer_within_s=answer_within_s
    )
    return Api(Resources(pool, catalogues, sender), settlements)


@asynccontextmanager
async def api(settings: Settings) -> AsyncGenerator[Api]:
    """The parts of an api process, connected."""
    async with database(settings, process="api") as pool:
        yield make_api(pool, settings.database_dsn.get_secret_value())


@asynccontextmanager
async def worker(settings: Settings) -> AsyncGenerator[Worker]:
    """The parts of a worker process, connected."""
    async with database(settings, process="worker") as pool:
        consumer = Consumer(
            pool=pool,
            servers=settings.kafka_servers,
            group="gifts",
            subscriptions=[Subscription(CHARGE, EVENTS, ChargeAnswered())],
            topic_prefix=settings.topic_prefix,
            lanes=settings.consumer_lanes,
            instance=settings.kafka_instance,
        )
        relay = Relay(
            settings.database_dsn.get_secret_value(),
            Writer(settings.kafka_servers, client_id="gifts-relay"),
            source="gifts",
            topic_prefix=settings.topic_prefix,
        )
        yield Worker(pool, consumer, relay)
