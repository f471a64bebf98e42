"""From Kafka to the database and back: the consumer and the relay on real servers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chassis import kafka
from chassis.consumer import Consumer, Subscription
from chassis.kafka import Writer
from chassis.relay import Relay
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from chassis.testing.plugin import Servers
from chassis.testing.publisher import Publisher
from contracts.event import encode
from contracts.wallet.v1 import CHARGE
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.testing import a_new_gift, posted, refused, write


@asynccontextmanager
async def consuming(
    service: Database, servers: Servers, topic_prefix: str
) -> AsyncGenerator[Consumer]:
    """The worker's two tasks run until the block ends."""
    consumer = Consumer(
        pool=service.pool,
        servers=servers.kafka_servers,
        group="gifts",
        subscriptions=[Subscription(CHARGE, EVENTS, ChargeAnswered())],
        topic_prefix=topic_prefix,
        lanes=2,
    )
    relay = Relay(
        service.dsn,
        Writer(servers.kafka_servers, client_id="test-relay"),
        source="gifts",
        topic_prefix=topic_prefix,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.run(stop))
        tasks.create_task(relay.run(stop))
        try:
            yield consumer
        finally:
            stop.set()


async def count(service: Database, statement: str, expected: int) -> None:
    async def read() -> int:
        return await service.pool.fetchval(statement) or 0

    assert await eventually(read, until=lambda found: found >= expected, within_s=30) == expected


SETTLED = "SELECT count(*) FROM gift WHERE status <> 'PENDING'"
SET_ASIDE = "SELECT count(*) FROM dead_letter"


async def test_answers_from_kafka_settle_and_go_out_as_gifts(
    service: Database, servers: Servers, topic_prefix: str, publisher: Publisher
) -> None:
    """Poison, strangers and repeats among the answers cost a dead letter each and nothing else."""
    gifts = [a_new_gift() for _ in range(60)]
    await write(service.pool, *gifts)
    answers = [posted(new.gift) for new in gifts[:50]] + [refused(new.gift) for new in gifts[50:]]
    unknown_type = [("ce_type", b"wallet.charge_posted.v9")]
    posted_type = [("ce_type", b"wallet.charge_posted.v1")]
    async with consuming(service, servers, topic_prefix):
        await publisher.events(answers[:30])
        await publisher.raw(CHARGE.name, b"star", b"\xff\x00 no JSON", posted_type)
        await publisher.raw(CHARGE.name, b"star", b"{}", unknown_type)
        await publisher.raw(CHARGE.name, b"star", encode(posted(a_new_gift().gift)), posted_type)
        await publisher.events(answers)

        await count(service, SETTLED, 60)
        await count(service, SET_ASIDE, 3)
        await eventually(lambda: sent_ids(servers, topic_prefix), until=lambda got: len(got) >= 50)

    assert await sent_ids(servers, topic_prefix) == {str(new.gift.gift_id) for new in gifts[:50]}
    assert await service.pool.fetchval("SELECT coins FROM creator_total") == 350


async def sent_ids(servers: Servers, topic_prefix: str) -> set[str]:
    """The gifts that were published, each once."""
    found: list[str] = []
    async for records in kafka.read_all(servers.kafka_servers, f"{topic_prefix}gifts.gift.v1"):
        found += [str(record.value).split('"')[3] for record in records]
    assert len(set(found)) == len(found)
    return set(found)


@pytest.mark.parametrize("settled_before", [0, 20])
async def test_whole_topic_from_zero_changes_nothing(
    service: Database,
    servers: Servers,
    topic_prefix: str,
    publisher: Publisher,
    settled_before: int,
) -> None:
    """With the offsets forgotten everything is read again: what is settled stays so (T10)."""
    gifts = [a_new_gift() for _ in range(20)]
    await write(service.pool, *gifts)
    await publisher.events([posted(new.gift) for new in gifts[:settled_before]])
    async with consuming(service, servers, topic_prefix):
        await count(service, SETTLED, settled_before)
    await service.pool.execute("DELETE FROM consumed_offset")
    await publisher.events([posted(new.gift) for new in gifts])

    async with consuming(service, servers, topic_prefix):
        await count(service, SETTLED, 20)
        await count(service, "SELECT sum(next_offset) FROM consumed_offset", 20 + settled_before)

    assert await service.pool.fetchval("SELECT count(*) FROM received_gift") == 20
    assert await service.pool.fetchval("SELECT coins FROM creator_total") == 140
    assert await service.pool.fetchval(SET_ASIDE) == 0
