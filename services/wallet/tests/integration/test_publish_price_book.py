"""Versions of the price book are published once, in order, all of a file or none."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from chassis.db import Pool, transact
from wallet.commands.publish_price_book import publish_price_book
from wallet.domain.price_book import PriceBook, PriceBookRefusedError
from wallet.store.price_books import find_price_book_in_force
from wallet.testing.buying import first_price_books

FIRST = first_price_books()[0]
SECOND = msgspec.structs.replace(
    FIRST, version=2, effective_from=FIRST.effective_from + timedelta(days=300)
)


async def publish(pool: Pool, *books: PriceBook) -> Sequence[PriceBook]:
    return await transact(pool, lambda conn: publish_price_book(conn, books))


async def versions(pool: Pool) -> list[int]:
    return [row[0] for row in await pool.fetch("SELECT version FROM price_book ORDER BY version")]


async def test_publishing_again_adds_what_is_new(pool: Pool) -> None:
    """Set-up runs at each start, and a file grows at its end."""
    added = [
        await publish(pool, FIRST),
        await publish(pool, FIRST),
        await publish(pool, SECOND, FIRST),
    ]

    assert added == [[FIRST], [], [SECOND]]
    assert await versions(pool) == [1, 2]


async def test_concurrent_publishers_publish_once(pool: Pool) -> None:
    added = await asyncio.gather(*(publish(pool, FIRST, SECOND) for _ in range(5)))

    assert sorted(len(each) for each in added) == [0, 0, 0, 0, 2]


async def test_published_version_never_changes(pool: Pool) -> None:
    await publish(pool, FIRST)

    with pytest.raises(PriceBookRefusedError, match="version 1 is published already and differs"):
        await publish(pool, msgspec.structs.replace(FIRST, bonus_expires_after_days=1))


async def test_all_of_a_file_or_nothing(pool: Pool) -> None:
    with pytest.raises(PriceBookRefusedError):
        await publish(pool, FIRST, msgspec.structs.replace(SECOND, default_market="moon"))

    assert await versions(pool) == []


async def test_version_in_force_is_the_latest_begun(pool: Pool) -> None:
    """To the moment; before the first one nothing is sold."""
    await publish(pool, FIRST, SECOND)
    moment = timedelta(microseconds=1)

    async with pool.acquire() as conn:
        found = [
            await find_price_book_in_force(conn, at)
            for at in (
                FIRST.effective_from - moment,
                FIRST.effective_from,
                SECOND.effective_from - moment,
                SECOND.effective_from,
            )
        ]

    assert found == [None, FIRST, FIRST, SECOND]
