"""What every worker does: apply the events of other services and publish its own."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chassis import probes, serve
from chassis.consumer import Consumer, Subscription
from chassis.db import Pool
from chassis.kafka import Writer
from chassis.relay import Relay
from chassis.serve import Task
from chassis.settings import ServiceWorkerSettings


async def run_worker(
    settings: ServiceWorkerSettings,
    stop: asyncio.Event,
    *,
    pool: Pool,
    subscriptions: Sequence[Subscription],
    tasks: Mapping[str, Task] = MappingProxyType({}),
) -> None:
    """Consume, relay and answer probes until `stop`, then finish the batch in hand.

    Args:
        settings: The service's.
        stop: Ends it.
        pool: The service's database.
        subscriptions: What to consume.
        tasks: What else this worker does, by names for the log.

    Raises:
        TaskError: A task failed; the process should be started again.
    """
    consumer = Consumer(
        pool=pool,
        servers=settings.brokers,
        group=settings.service,
        subscriptions=subscriptions,
        topic_prefix=settings.topic_prefix,
        lanes=settings.consumer_lanes,
        instance=settings.kafka_instance,
    )
    relay = Relay(
        settings.login,
        Writer(settings.brokers, client_id=f"{settings.service}-relay"),
        source=settings.service,
        topic_prefix=settings.topic_prefix,
    )
    await serve.run_tasks(
        {"consumer": consumer.run, "relay": relay.run, **tasks},
        stop,
        host=settings.http_host,
        port=settings.http_port,
        checks=[
            probes.database(pool, settings.migrations()),
            probes.flag("kafka", lambda: consumer.ready, "no partitions assigned yet"),
        ],
        grace_s=settings.shutdown_grace_s,
    )
