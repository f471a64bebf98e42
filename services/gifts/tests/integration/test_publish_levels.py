"""Level tables are published once, never change, and count from their moment on."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import msgspec
import pytest

from chassis import clock
from chassis.db import transact
from chassis.testing.databases import Database
from gifts.commands.publish_levels import Published, publish_levels
from gifts.data import first_levels
from gifts.domain.level_file import LevelFile, LevelTableError, read_levels
from gifts.edge.cached import Cached
from gifts.store.level_table import select_tables

FIRST = read_levels(first_levels())


def a_file(version: int, *, kept_days: int = 1, **changes: object) -> LevelFile:
    return msgspec.structs.replace(
        FIRST,
        version=version,
        gifters=msgspec.structs.replace(FIRST.gifters, kept_days=kept_days),
        **changes,
    )


async def publish(service: Database, file: LevelFile, at: datetime | None = None) -> Published:
    return await transact(
        service.pool, lambda conn: publish_levels(conn, file, at=at or clock.now())
    )


async def test_a_published_version_has_all_its_levels(service: Database) -> None:
    async with service.pool.acquire() as conn:
        [table] = (await select_tables(conn)).versions

    assert table.gifter_points == FIRST.gifters.points
    assert table.club_points == FIRST.fan_clubs.points
    assert table.club_item_id == "heart-me"


async def test_concurrent_publishers_publish_once(service: Database) -> None:
    done = await asyncio.gather(*(publish(service, a_file(2)) for _ in range(5)))

    assert sorted(each.repeated for each in done) == [False, True, True, True, True]


async def test_a_published_version_never_changes(service: Database) -> None:
    await publish(service, a_file(2))

    with pytest.raises(LevelTableError, match="version 2 is published with other contents"):
        await publish(service, a_file(2, kept_days=2))
    with pytest.raises(LevelTableError, match="version 2 is published with other contents"):
        await publish(service, a_file(2, effective_from=clock.now() + timedelta(days=1)))


async def test_versions_follow_each_other(service: Database) -> None:
    later = clock.now() + timedelta(days=2)
    await publish(service, a_file(3, effective_from=later))

    with pytest.raises(LevelTableError, match="version 3 is published already"):
        await publish(service, a_file(2))
    with pytest.raises(LevelTableError, match="takes effect after it"):
        await publish(service, a_file(4, effective_from=later))
    with pytest.raises(LevelTableError, match="has passed"):
        await publish(service, a_file(4, effective_from=clock.now() - timedelta(seconds=1)))


async def test_the_clubs_item_has_to_be_on_sale(service: Database) -> None:
    clubs = msgspec.structs.replace(FIRST.fan_clubs, item_id="unicorn")

    with pytest.raises(LevelTableError, match="no item unicorn is on sale"):
        await publish(service, a_file(2, fan_clubs=clubs))


async def test_a_table_counts_from_its_moment_on(service: Database) -> None:
    soon = clock.now() + timedelta(days=1)
    await publish(service, a_file(2, effective_from=soon))
    cache = Cached(service.pool, select_tables)

    tables = [
        (await cache.get()).in_force(at)
        for at in (soon - timedelta(microseconds=1), soon, soon - timedelta(days=9_999))
    ]

    assert [table and table.version for table in tables] == [1, 2, None]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE level_table SET kept_days = 0",
        "DELETE FROM level_step",
        "INSERT INTO level_step VALUES (1, 'fan_clubs', 50, 9000000)",
    ],
    ids=["changed", "taken away", "added late"],
)
async def test_the_database_keeps_what_was_published(service: Database, statement: str) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await service.pool.execute(statement)
