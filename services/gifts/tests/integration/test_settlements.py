"""Who waits for a gift hears what became of it, whether or not a notification arrives."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from gifts.commands.send_gifts import NewGift
from gifts.edge.settlements import Settlements
from gifts.testing import a_new_gift, posted, refused, settle, write

NEVER_S = 3600.0
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@asynccontextmanager
async def running(settlements: Settlements) -> AsyncGenerator[Settlements]:
    task = asyncio.create_task(settlements.run())
    try:
        yield settlements
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
async def new(service: Database) -> NewGift:
    """A gift that waits for its charge."""
    new = a_new_gift()
    await write(service.pool, new)
    return new


async def listening(service: Database) -> int | None:
    """The session on which notifications arrive."""
    return await service.pool.fetchval(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'gifts-listener' AND state = 'idle' AND query LIKE 'LISTEN%'"
    )


async def test_notification_wakes_who_waits(service: Database, new: NewGift) -> None:
    """At commit, and without any polling."""
    async with running(Settlements(service.pool, service.dsn, poll_s=NEVER_S)) as settlements:
        await eventually(lambda: listening(service))
        with settlements.waiting(new.gift.gift_id) as settled:
            await settle(service.pool, posted(new.gift))
            async with asyncio.timeout(30):
                settlement = await settled

    assert (settlement.status, settlement.refusal) == ("SENT", None)


async def test_unheard_settlement_is_found(service: Database, new: NewGift) -> None:
    """The listener cannot connect at all: those who wait are served by asking."""
    async with running(Settlements(service.pool, NOWHERE, poll_s=0.01)) as settlements:
        with settlements.waiting(new.gift.gift_id) as settled:
            await settle(service.pool, refused(new.gift))
            async with asyncio.timeout(30):
                settlement = await settled

    assert settlement.status == "REFUSED"
    assert settlement.refusal is not None
    assert settlement.refusal.balance_coins == 3


async def test_gift_that_was_settled_before_is_found(service: Database, new: NewGift) -> None:
    """The answer can overtake the api: it comes between the write and the wait."""
    await settle(service.pool, posted(new.gift))
    async with running(Settlements(service.pool, service.dsn, poll_s=0.01)) as settlements:
        with settlements.waiting(new.gift.gift_id) as settled:
            async with asyncio.timeout(30):
                assert (await settled).status == "SENT"


async def test_listener_comes_back(service: Database, new: NewGift) -> None:
    """Its session is ended: a new one hears the next settlement."""
    async with running(Settlements(service.pool, service.dsn, poll_s=NEVER_S)) as settlements:
        first = await eventually(lambda: listening(service))
        await service.pool.execute("SELECT pg_terminate_backend($1)", first)
        await eventually(
            lambda: listening(service), until=lambda pid: pid not in {None, first}, within_s=20
        )
        with settlements.waiting(new.gift.gift_id) as settled:
            await settle(service.pool, posted(new.gift))
            async with asyncio.timeout(30):
                assert (await settled).status == "SENT"


async def test_all_who_wait_for_a_gift_hear_of_it(service: Database, new: NewGift) -> None:
    other = a_new_gift()
    await write(service.pool, other)
    async with running(Settlements(service.pool, service.dsn)) as settlements:
        with (
            settlements.waiting(new.gift.gift_id) as first,
            settlements.waiting(new.gift.gift_id) as second,
            settlements.waiting(other.gift.gift_id) as third,
        ):
            await settle(service.pool, posted(new.gift))
            async with asyncio.timeout(30):
                assert (await first) == (await second)
            assert not third.done()


async def test_nothing_is_kept_of_who_left(service: Database, new: NewGift) -> None:
    settlements = Settlements(service.pool, service.dsn)
    with settlements.waiting(new.gift.gift_id), settlements.waiting(new.gift.gift_id):
        pass

    assert settlements._waiting == {}


async def test_outage_is_waited_out(service: Database, new: NewGift) -> None:
    """The query fails while the table is gone; the next one finds the settlement."""
    pool = service.pool
    async with running(Settlements(pool, NOWHERE, poll_s=0.01)) as settlements:
        with settlements.waiting(new.gift.gift_id) as settled:
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await settle(pool, posted(new.gift))
            async with asyncio.timeout(30):
                assert (await settled).status == "SENT"
