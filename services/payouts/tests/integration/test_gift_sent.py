"""The worker's consumer on real Kafka: each gift once, whatever is delivered, in whatever shape."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import override

import asyncpg
import pytest

from chassis import clock, outbox
from chassis.batch import Batch, Received
from chassis.consumer import Consumer, Subscription
from chassis.db import Conn, transaction
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from chassis.testing.plugin import Servers
from chassis.testing.publisher import Publisher
from contracts.event import decoder, describe, encode
from contracts.gifts.v1 import GIFT, GiftSent
from contracts.payouts.v1 import EarningAccrued
from payouts.commands.known_rates import NoRatesError
from payouts.commands.publish_rates import publish_rates
from payouts.consumers.gift_sent import GiftHandler, gift_sent
from payouts.testing import a_gift, a_rate, a_slice, altered, assert_books_balance

GIFT_SENT = ("ce_type", b"gifts.gift_sent.v1")

type Consuming = Callable[..., AbstractAsyncContextManager[Consumer]]


@pytest.fixture
def consuming(servers: Servers, database: Database, topic_prefix: str) -> Consuming:
    """`async with consuming():` the payouts consumer runs until the block ends."""

    @asynccontextmanager
    async def run(subscription: Subscription | None = None) -> AsyncGenerator[Consumer]:
        consumer = Consumer(
            pool=database.pool,
            servers=servers.kafka_servers,
            group="payouts",
            subscriptions=[subscription or gift_sent()],
            topic_prefix=topic_prefix,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(consumer.run(stop))
        try:
            yield consumer
        finally:
            stop.set()
            await task

    return run


async def until_applied(database: Database, records: int) -> None:
    """Wait until so many records of the topic have been applied."""

    async def applied() -> int:
        return await database.pool.fetchval(
            "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumed_offset"
        )

    await eventually(applied, until=lambda offset: offset >= records, within_s=40)


async def gifts_of(database: Database) -> dict[str, int]:
    rows = await database.pool.fetch("SELECT creator_id, gifts FROM creator_earning")
    return {row["creator_id"]: row["gifts"] for row in rows}


async def announced(database: Database) -> list[EarningAccrued]:
    """What lies in the outbox, in order within each stream."""
    rows = await database.pool.fetch("SELECT records FROM outbox ORDER BY stream, seq")
    read = decoder(EarningAccrued)
    return [
        read.decode(stored.value)
        for row in rows
        for stored in outbox.unpack(row["records"])
        if stored.type == describe(EarningAccrued).type
    ]


async def dead_letters(database: Database) -> list[str]:
    rows = await database.pool.fetch("SELECT reason FROM dead_letter ORDER BY reason")
    return [row["reason"] for row in rows]


async def test_first_delivery_accrues_and_announces(
    database: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """Every gift is accrued, and the announcements add up to what each creator has earned."""
    await publisher.events([a_gift(n + 1, creator_id=f"creator-{n % 5}") for n in range(1_500)])

    async with consuming():
        await until_applied(database, 1_500)

    assert await gifts_of(database) == {f"creator-{n}": 300 for n in range(5)}
    events = await announced(database)
    for creator_id in await gifts_of(database):
        own = [event for event in events if event.creator_id == creator_id]
        assert sum(event.gifts for event in own) == 300
        assert sum(event.micro_diamonds for event in own) == own[-1].lifetime_micro_diamonds
        assert [event.lifetime_micro_diamonds for event in own] == sorted(
            {event.lifetime_micro_diamonds for event in own}
        )
    assert await dead_letters(database) == []
    await assert_books_balance(database.pool)


async def test_redelivery_has_no_second_effect(
    database: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """Neither gifts published again, nor the whole topic read again from its beginning."""
    gifts = [a_gift(creator_id=f"creator-{n % 3}") for n in range(200)]
    await publisher.events(gifts)
    await publisher.events(gifts[50:])
    async with consuming():
        await until_applied(database, 350)
    told = await announced(database)

    await database.pool.execute("UPDATE consumed_offset SET next_offset = 0")
    async with consuming():
        await until_applied(database, 350)

    assert sum((await gifts_of(database)).values()) == 200
    assert await announced(database) == told
    assert await dead_letters(database) == []
    await assert_books_balance(database.pool)


class FailingOnce(GiftHandler):
    """Does its work, and then loses the database before it is committed."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._errors = [error]

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        await super().apply(conn, batch)
        if self._errors:
            raise self._errors.pop()


@pytest.mark.parametrize(
    "error", [asyncpg.ConnectionDoesNotExistError("gone"), asyncpg.DeadlockDetectedError("lost")]
)
async def test_failure_then_redelivery_has_one_effect(
    database: Database, publisher: Publisher, consuming: Consuming, error: Exception
) -> None:
    await publisher.events([a_gift() for _ in range(20)])

    async with consuming(Subscription(GIFT, [GiftSent], FailingOnce(error))):
        await until_applied(database, 20)

    assert await gifts_of(database) == {"star": 20}
    assert sum(event.gifts for event in await announced(database)) == 20
    await assert_books_balance(database.pool)


async def test_types_of_no_concern_are_passed_over(
    database: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """A declared type that payouts did not ask for leaves no trace, not even a dead letter."""
    await publisher.raw(GIFT.name, b"star", b"{}", [("ce_type", b"gifts.charge_requested.v1")])
    await publisher.events([a_gift()])

    async with consuming():
        await until_applied(database, 2)

    assert await gifts_of(database) == {"star": 1}
    assert await dead_letters(database) == []


async def test_poison_harms_no_neighbour(
    database: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """One dead letter each, in the same partition as good gifts before, between and after them."""
    accrued = a_gift(10)
    good = [accrued, *(a_gift() for _ in range(60))]
    poison = [
        b"\x00\xff no JSON",
        b"{}",
        encode(altered(a_gift(10), price_coins=11)),
        encode(altered(accrued, price_coins=11, slices=(a_slice(11),))),
        encode(a_gift(slices=[a_slice(1, lot_id=2**63)])),
        encode(a_gift(creator_id="nul\0")),
        encode(a_gift(slices=[a_slice(1, refundable_until=datetime.max.replace(tzinfo=UTC))])),
    ]
    for place, gift in enumerate(good):
        await publisher.events([gift])
        if place % 10 == 5:
            await publisher.raw(GIFT.name, b"star", poison[place // 10], [GIFT_SENT])
    await publisher.raw(GIFT.name, b"star", poison[-1], [GIFT_SENT])

    async with consuming():
        await until_applied(database, len(good) + len(poison))

    assert await gifts_of(database) == {"star": len(good)}
    reasons = "\n".join(await dead_letters(database))
    assert await database.pool.fetchval("SELECT count(*) FROM dead_letter") == len(poison)
    for told in (
        "JSON is malformed",
        "missing required field",
        "slices add up to 10 coins, the price is 11",
        f"gift {accrued.gift_id} was accrued before, told differently",
        "id that no lot can have",
        "0x00",
        "date value out of range",
    ):
        assert told in reasons
    await assert_books_balance(database.pool)


def a_batch(*gifts: GiftSent) -> Batch:
    return Batch(GIFT.name, [Received(gift, 0, n, None) for n, gift in enumerate(gifts)], shard=0)


async def test_a_rate_published_meanwhile_is_used_from_its_time_on(database: Database) -> None:
    """The worker need not be started again, and no gift is valued at the wrong rate."""
    handler = GiftHandler()
    begins = clock.now() + timedelta(minutes=10)
    async with transaction(database.pool) as conn:
        await handler.apply(conn, a_batch(a_gift(10)))
    async with transaction(database.pool) as conn:
        await publish_rates(conn, [a_rate(2, begins, purchased=400_000)], now=clock.now())

    batch = a_batch(
        a_gift(10, sent_at=begins - timedelta(microseconds=1)), a_gift(10, sent_at=begins)
    )
    async with transaction(database.pool) as conn:
        await handler.apply(conn, batch)

    rows = await database.pool.fetch(
        "SELECT rate_version, micro_diamonds FROM accrual ORDER BY sent_at"
    )
    assert [tuple(row) for row in rows] == [(1, 5_000_000), (1, 5_000_000), (2, 4_000_000)]
    [stored, _] = batch.outgoing[f"{GIFT.name}:0"].records
    assert decoder(EarningAccrued).decode(stored.value).rate_version == 2


async def test_without_rates_no_gift_is_to_blame(unseeded: Database) -> None:
    async with transaction(unseeded.pool) as conn:
        with pytest.raises(NoRatesError, match="payouts seed"):
            await GiftHandler().apply(conn, a_batch(a_gift()))
