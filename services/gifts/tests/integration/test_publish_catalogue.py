"""Catalogues are published once, never change, and count from their moment on."""

import asyncio
from datetime import datetime, timedelta

import msgspec
import pytest

from chassis import clock
from chassis.db import transact
from chassis.testing.databases import Database
from gifts.commands.publish_catalogue import Published, publish_catalogue
from gifts.data import first_catalogue
from gifts.domain.catalogue_file import (
    CatalogueError,
    CatalogueFile,
    ItemEntry,
    TierEntry,
    read_catalogue,
)
from gifts.edge.catalogue import CatalogueCache
from gifts.store.catalogue import find_catalogue

FIRST = read_catalogue(first_catalogue())


def a_file(version: int, price_coins: int = 1, **changes: object) -> CatalogueFile:
    """One rose."""
    file = CatalogueFile(
        version=version,
        tiers=(TierEntry(1, 30),),
        items=(ItemEntry("rose", "Rose", 1, price_coins, streakable=True),),
    )
    return msgspec.structs.replace(file, **changes)


async def publish(service: Database, file: CatalogueFile, at: datetime | None = None) -> Published:
    return await transact(
        service.pool, lambda conn: publish_catalogue(conn, file, at=at or clock.now())
    )


async def versions(service: Database) -> list[int]:
    rows = await service.pool.fetch("SELECT version FROM catalogue_version ORDER BY version")
    return [row["version"] for row in rows]


async def test_published_version_has_all_its_items(service: Database) -> None:
    async with service.pool.acquire() as conn:
        stored = await find_catalogue(conn, 1)

    assert stored is not None
    assert {item.item_id for item in stored.items} == {entry.id for entry in FIRST.items}
    assert stored.by_id["universe"].price_coins == 44_999


async def test_seeding_again_changes_nothing(service: Database) -> None:
    """Set-up runs at each start."""
    published = await publish(service, FIRST)

    assert published.repeated
    assert await versions(service) == [1]


async def test_concurrent_publishers_publish_once(service: Database) -> None:
    done = await asyncio.gather(*(publish(service, a_file(2)) for _ in range(5)))

    assert sorted(each.repeated for each in done) == [False, True, True, True, True]
    assert await versions(service) == [1, 2]


async def test_published_version_never_changes(service: Database) -> None:
    await publish(service, a_file(2))

    with pytest.raises(CatalogueError, match="version 2 is published with other contents"):
        await publish(service, a_file(2, price_coins=2))
    with pytest.raises(CatalogueError, match="version 2 is published with other contents"):
        await publish(service, a_file(2, effective_from=clock.now() + timedelta(days=1)))


async def test_version_in_force_is_the_latest_begun(service: Database) -> None:
    """Versions announced are known beforehand and take effect to the moment."""
    soon = clock.now() + timedelta(hours=1)
    await publish(service, a_file(2, price_coins=2))
    await publish(service, a_file(3, price_coins=3, effective_from=soon))

    catalogues = await CatalogueCache(service.pool).get()

    def price_at(at: datetime) -> int:
        catalogue = catalogues.in_force(at)
        assert catalogue is not None
        return catalogue.by_id["rose"].price_coins

    assert price_at(clock.now()) == 2
    assert price_at(soon - timedelta(microseconds=1)) == 2
    assert price_at(soon) == 3
    assert catalogues.known["universe"].price_coins == 44_999


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (a_file(2, effective_from=clock.now() - timedelta(seconds=9)), "effective_from has passed"),
        (a_file(4), "version 5 is published already: go on from there"),
        (a_file(6), "version 5 takes effect at .*: a later version takes effect after it"),
    ],
)
async def test_order_of_versions_is_the_order_of_time(
    service: Database, file: CatalogueFile, problem: str
) -> None:
    await publish(service, a_file(5, effective_from=clock.now() + timedelta(days=1)))

    with pytest.raises(CatalogueError, match=problem):
        await publish(service, file)

    assert await versions(service) == [1, 5]


async def test_cache_serves_its_reading_and_reads_again_when_asked_to_cover(
    service: Database,
) -> None:
    """One reading serves all who ask at once; an item sold elsewhere is fetched when it is met."""
    cache = CatalogueCache(service.pool)
    first, *others = await asyncio.gather(*(cache.get() for _ in range(20)))
    assert all(other is first for other in others)
    assert await cache.get() is first
    assert await cache.covering([]) is first
