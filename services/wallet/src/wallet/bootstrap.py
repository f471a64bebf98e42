"""Puts the parts of a process together."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from chassis.consumer import Consumer, Subscription
from chassis.db import BY_INDEX, Pool, open_pool
from chassis.kafka import Writer
from chassis.relay import Relay
from contracts.gifts.v1 import CHARGE, ChargeRequested
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.providers import Provider
from wallet.settings import Settings

SERVICE = "wallet"
MIGRATIONS = "wallet.migrations"


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
        subscriptions=[Subscription(CHARGE, [ChargeRequested], OnChargeRequested())],
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


@asynccontextmanager
async def providers_of(settings: Settings) -> AsyncGenerator[Mapping[str, Provider]]:
    """The payment providers by name, closed at the end."""
    from wallet.providers.sandbox import Sandbox

    sandbox = Sandbox(
        url=settings.sandbox_url,
        api_key=settings.sandbox_api_key.get_secret_value(),
        webhook_secrets=settings.sandbox_webhook_secrets,
    )
    try:
        yield {sandbox.name: sandbox}
    finally:
        await sandbox.close()
