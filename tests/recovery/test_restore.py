"""One service's database is restored alone, to an earlier moment, while the others stay ahead.

Where it had read to lies in its database too: it reads the lost time again from Kafka and gives
the same answers under the same ids.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import pytest

from chassis.testing.databases import dsn_of
from support.backups import Backups
from support.books import Books
from support.flow import flowing
from support.state import Observer, changed
from support.world import World

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

TOLD_AGAIN = {"outbox", "outbox_stream", "outbox_cursor", "consumed_offset"}
"""Of the services that stayed ahead: answers that come again move offsets, and nothing else."""

MADE: Mapping[str, str] = {
    "wallet": """
        SELECT movement_id, account_id, version, coins, balance_coins, lot_id, kind, outcome,
            counter, order_key, lot_ids, lot_coins
        FROM movement WHERE posted_at > $1 ORDER BY movement_id
    """,
    "payouts": """
        SELECT gift_id, coins, micro_diamonds, rate_version, sent_at, creator_id, lot_ids,
            lot_classes, slice_coins, slice_micro_diamonds, matures_on
        FROM accrual WHERE accrued_at > $1 ORDER BY gift_id
    """,
}
"""What a service made of Kafka's records after a moment: all of it but when, and on which shard."""


async def made(world: World, service: str, since: datetime) -> Sequence[asyncpg.Record]:
    addresses = world.stack.addresses
    conn = await asyncpg.connect(dsn_of(addresses.postgres_dsn, addresses.prefix + service))
    try:
        return await conn.fetch(MADE[service], since)
    finally:
        await conn.close()


@pytest.mark.parametrize("service", MADE)
async def test_a_service_makes_the_lost_time_again(
    world: World, observer: Observer, backups: Backups, books: Books, service: str
) -> None:
    async with flowing(world) as flow:
        copy = await backups.copy()
        await flow.moves(30)
        moment = await backups.moment()
        await flow.moves(50)
    before, first = await observer.state(), await made(world, service, moment)

    processes = (f"{service}-api", f"{service}-worker")
    await asyncio.to_thread(world.stack.stop, *processes)
    await backups.bring_back(service, copy, moment)
    lost = await made(world, service, moment)
    await asyncio.to_thread(world.stack.start, *processes)

    after, again = await observer.state(), await made(world, service, moment)
    assert len(first) >= 40
    assert lost == []
    assert again == first
    others = {table for table in changed(before, after) if not table.startswith(f"{service}.")}
    assert {table.partition(".")[2] for table in others} <= TOLD_AGAIN
    await books.assert_clean()
    async with flowing(world) as flow:
        await flow.moves(12)
