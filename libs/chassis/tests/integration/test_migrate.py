"""Migrations apply once, whoever runs them, and an edited one is noticed."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest

from chassis import migrate, probes
from chassis.testing.databases import Database


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `sample_migrations` with one migration, importable during the test."""
    folder = tmp_path / "sample_migrations"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "0100_table.sql").write_text("CREATE TABLE sample (n integer);")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_migrations", raising=False)
    return folder


async def test_five_at_once_apply_each_file_once(service: Database, package: Path) -> None:
    done = await asyncio.gather(
        *(migrate.migrate(service.dsn, "sample_migrations") for _ in range(5))
    )

    assert sorted(name for names in done for name in names) == ["0100_table.sql"]
    await service.pool.execute("INSERT INTO sample VALUES (1)")


async def test_edited_migration_is_refused(service: Database, package: Path) -> None:
    await migrate.migrate(service.dsn, "sample_migrations")
    (package / "0100_table.sql").write_text("CREATE TABLE sample (n bigint);")

    with pytest.raises(migrate.EditedMigrationError, match="0100_table"):
        await migrate.migrate(service.dsn, "sample_migrations")


async def test_failing_migration_leaves_nothing_behind(service: Database, package: Path) -> None:
    (package / "0101_broken.sql").write_text("CREATE TABLE half (n integer); SELECT nonsense;")

    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate.migrate(service.dsn, "sample_migrations")

    assert await service.pool.fetchval("SELECT to_regclass('half')") is None
    assert await service.pool.fetchval("SELECT to_regclass('sample')") is not None


async def test_program_newer_than_the_schema_is_told_what_to_run(
    service: Database, package: Path
) -> None:
    async with service.pool.acquire() as conn:
        with pytest.raises(migrate.SchemaVersionError, match=r"0100_table.*migrate"):
            await migrate.check_version(conn, "sample_migrations")
        await migrate.migrate(service.dsn, "sample_migrations")
        await migrate.check_version(conn, "sample_migrations")


async def test_a_process_is_not_ready_on_an_older_schema_and_ready_on_a_newer_one(
    service: Database, package: Path
) -> None:
    """A roll-out waits for its migration; processes of the release before serve on after it."""
    await migrate.migrate(service.dsn, "sample_migrations")
    released = probes.database(service.pool, "sample_migrations")
    assert await released.find_fault() is None

    (package / "0101_more.sql").write_text("ALTER TABLE sample ADD COLUMN m integer;")
    fault = await probes.database(service.pool, "sample_migrations").find_fault()
    assert fault is not None
    assert "0101_more" in fault

    await migrate.migrate(service.dsn, "sample_migrations")
    assert await probes.database(service.pool, "sample_migrations").find_fault() is None
    (package / "0101_more.sql").unlink()
    assert await released.find_fault() is None


def test_two_files_may_not_share_a_version(package: Path) -> None:
    (package / "0100_other.sql").write_text("SELECT 1;")
    with pytest.raises(ValueError, match="share a version"):
        migrate.migrations("sample_migrations")
