"""Puts the parts of a process together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.consumer import Consumer
from chassis.db import BY_INDEX, Pool, open_pool
from chassis.kafka import Writer
from chassis.relay import Relay
from payouts.consumers.gift_sent import gift_sent
from payouts.settings import Settings

SERVICE = "payouts"
MIGRATIONS = "payouts.migrations"


@asynccontextmanager
async def pool_of(settings: Settings, process: str) -> AsyncGenerator[Pool]:
    """The database's sessions, closed at the end."""
    pool = await open_pool(
        settings.database_dsn.get_secret_value(),
        connections_max=settings.database_connections_max,
        application=f"{SERVICE}-{process}",
        settings=BY_INDEX,
    )
    async with pool:
        yield pool


def consumer(settings: Settings, pool: Pool) -> Consumer:
    """Applies the events of other services."""
    return Consumer(
        pool=pool,
        servers=settings.kafka_servers,
        group=SERVICE,
        subscriptions=[gift_sent()],
        topic_prefix=settings.topic_prefix,
        instance=settings.kafka_instance,
        lanes=settings.consumer_lanes,
    )


def relay(settings: Settings) -> Relay:
    """Publishes this service's events."""
    return Relay(
        settings.database_dsn.get_secret_value(),
        Writer(settings.kafka_servers, client_id=f"{SERVICE}-relay"),
        source=SERVICE,
        topic_prefix=settings.topic_prefix,
    )
