"""Plain numbered SQL migrations: forward only, each in a transaction, checksums kept."""

import hashlib
import re
from importlib.resources import files
from typing import NamedTuple

import asyncpg

from chassis import sql
from chassis.db import Conn, connect
from chassis.login import Where

_FILE = re.compile(r"(?P<version>\d{4})_[a-z0-9_]+\.sql")
_SQL = sql.load("chassis", "migrate.sql")


class Migration(NamedTuple):
    """One file `NNNN_name.sql`."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class EditedMigrationError(Exception):
    """A migration that is already applied here has another text now."""


class SchemaVersionError(Exception):
    """The database is behind or ahead of the migrations that this program was built with."""


def migrations(package: str) -> list[Migration]:
    """The chassis' own migrations and those of `package`, in the order in which they apply.

    The chassis' come first under versions below 100; a service starts at 0100.
    """
    found: list[Migration] = []
    for source in dict.fromkeys(("chassis.migrations", package)):
        found += [
            Migration(int(match["version"]), entry.name, entry.read_text())
            for entry in files(source).iterdir()
            if (match := _FILE.fullmatch(entry.name))
        ]
    found.sort()
    versions = [migration.version for migration in found]
    if len(set(versions)) != len(versions):
        raise ValueError(f"two migrations of {package} share a version: {versions}")
    return found


async def migrate(where: Where, package: str) -> list[str]:
    """Bring the database up to date and return the names of the files applied now.

    Safe to run from several pods at once: an advisory lock makes them take turns.

    Raises:
        EditedMigrationError: An applied file was edited; restore it and add a new one.
    """
    conn = await connect(where, application="migrate", timeout=10)
    try:
        await conn.execute(_SQL["lock"])
        await conn.execute(_SQL["ensure_table"])
        applied = {
            row["version"]: row["checksum"] for row in await conn.fetch(_SQL["select_applied"])
        }
        done: list[str] = []
        for migration in migrations(package):
            if migration.version in applied:
                if applied[migration.version] != migration.checksum:
                    raise EditedMigrationError(
                        f"{migration.name} was edited after it was applied: restore it and "
                        "put the change into a new migration"
                    )
                continue
            await _apply(conn, migration)
            done.append(migration.name)
        return done
    finally:
        await conn.close()


async def _apply(conn: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    async with conn.transaction():
        # A migration that waits for a lock makes everyone behind it wait too: give up early.
        await conn.execute("SET LOCAL lock_timeout = '5s'")
        await conn.execute(migration.text)
        await conn.execute(
            _SQL["insert_applied"], migration.version, migration.name, migration.checksum
        )


async def check_version(conn: Conn, package: str) -> None:
    """Make sure that the schema is the one that this program was built with, or a newer one.

    Raises:
        SchemaVersionError: A migration that this program needs has not been applied.
    """
    try:
        rows = await conn.fetch(_SQL["select_applied"])
    except asyncpg.UndefinedTableError:
        rows = []
    missing = {m.version: m.name for m in migrations(package)}
    for row in rows:
        missing.pop(row["version"], None)
    if missing:
        raise SchemaVersionError(
            f"the database lacks {', '.join(missing.values())}: run the service's `migrate` first"
        )
