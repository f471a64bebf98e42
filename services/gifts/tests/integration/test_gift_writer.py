"""Gifts that arrive together are written together, and a failed write may be tried again."""

import asyncio

import asyncpg
import pytest

from chassis.db import OUTAGES
from chassis.testing.databases import Database
from gifts.commands.send_gifts import Written
from gifts.domain.refusals import GiftsNotAcceptedError, IdempotencyConflictError
from gifts.edge.writer import GiftWriter
from gifts.testing import a_new_gift, an_order, write, writers_blocked


async def commits(service: Database) -> tuple[int, int]:
    """Transactions that wrote gifts, and charge requests in them."""
    row = await service.pool.fetchrow(
        "SELECT count(*), coalesce(sum(events), 0) FROM outbox WHERE stream = 'api'"
    )
    assert row is not None
    return row[0], row[1]


async def test_single_gift_waits_for_nobody(service: Database) -> None:
    new = a_new_gift()

    outcome = await GiftWriter(service.pool).write(new)

    assert outcome == Written(new.gift, replayed=False)
    assert await commits(service) == (1, 1)


async def test_five_hundred_gifts_share_a_few_commits(service: Database) -> None:
    """The first goes alone; all that came while it was written go together."""
    gifts = [a_new_gift() for _ in range(500)]
    writer = GiftWriter(service.pool)

    outcomes = await asyncio.gather(*(writer.write(new) for new in gifts))

    assert outcomes == [Written(new.gift, replayed=False) for new in gifts]
    transactions, requests = await commits(service)
    assert requests == 500
    assert transactions <= 3


async def test_each_of_a_group_gets_its_own_outcome(service: Database) -> None:
    good, taken, unwanted = a_new_gift(), a_new_gift(), a_new_gift(an_order(creator_id="nobody"))
    await write(service.pool, taken)
    other = a_new_gift(an_order(gift_id=taken.gift.gift_id, count=1))
    writer = GiftWriter(service.pool)

    outcomes = await asyncio.gather(
        *(writer.write(new) for new in [good, taken, other, unwanted, good])
    )

    assert outcomes[0] == Written(good.gift, replayed=False)
    assert outcomes[1] == Written(taken.gift, replayed=True)
    assert isinstance(outcomes[2], IdempotencyConflictError)
    assert isinstance(outcomes[3], GiftsNotAcceptedError)
    assert outcomes[4] == Written(good.gift, replayed=True)


async def test_gift_may_be_sent_again_after_an_outage(service: Database) -> None:
    """The writer's session dies in the middle: nothing was written, the same id succeeds."""
    await write(service.pool, a_new_gift())
    new = a_new_gift()
    writer = GiftWriter(service.pool)
    async with writers_blocked(service.pool) as kill:
        writing = asyncio.create_task(writer.write(new))
        await kill()
        with pytest.raises(OUTAGES):
            await writing

    outcome = await writer.write(new)

    assert outcome == Written(new.gift, replayed=False)
    assert await commits(service) == (2, 2)


async def test_gift_may_be_sent_again_after_a_slow_write(service: Database) -> None:
    """Whoever waits too long gets an error; the write is called off, and the session is sound."""
    await write(service.pool, a_new_gift())
    new = a_new_gift()
    writer = GiftWriter(service.pool, timeout_s=0.1)
    async with writers_blocked(service.pool):
        with pytest.raises(TimeoutError):
            await writer.write(new)

    outcome = await GiftWriter(service.pool).write(new)

    assert outcome == Written(new.gift, replayed=False)
    assert await commits(service) == (2, 2)


async def test_error_reaches_everybody_of_the_group(service: Database) -> None:
    """Nobody waits for ever when the database is away, and later gifts are written again."""
    gifts = [a_new_gift() for _ in range(20)]
    writer = GiftWriter(service.pool)
    await service.pool.execute("ALTER TABLE gift RENAME TO gone")
    failed = await asyncio.gather(*(writer.write(new) for new in gifts), return_exceptions=True)
    await service.pool.execute("ALTER TABLE gone RENAME TO gift")

    outcomes = await asyncio.gather(*(writer.write(new) for new in gifts))

    assert {type(error) for error in failed} == {asyncpg.UndefinedTableError}
    assert outcomes == [Written(new.gift, replayed=False) for new in gifts]
