"""A migrated database per test, copied from a template that is migrated once."""

import hashlib
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from chassis import migrate
from chassis.db import Pool, open_pool

# By server and package: what this process has found or made.
_templates: dict[tuple[str, str], str] = {}


class Database(NamedTuple):
    """A migrated database that nobody else uses."""

    dsn: str
    pool: Pool


def dsn_of(server_dsn: str, database: str) -> str:
    """The address of another database on the same server."""
    parts = urlsplit(server_dsn)
    return urlunsplit(parts._replace(path=f"/{database}"))


def copying(template: str, name: str) -> str:
    """The statement that makes the database `name` a copy of `template`.

    A template is small and at rest: its files are copied faster than its pages are logged.
    """
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'


@asynccontextmanager
async def migrated(
    server_dsn: str, migrations: str, *, connections_max: int = 10
) -> AsyncGenerator[Database]:
    """A new database with the migrations of package `migrations` applied; dropped at the end.

    Args:
        server_dsn: A superuser's address of any database on the server.
        migrations: The package that holds the service's migrations, e.g. `wallet.migrations`.
        connections_max: Size of the pool that comes with it.
    """
    template = await _template(server_dsn, migrations)
    name = f"test_{secrets.token_hex(6)}"
    conn = await asyncpg.connect(server_dsn)
    try:
        await conn.execute(copying(template, name))
        dsn = dsn_of(server_dsn, name)
        pool = await open_pool(dsn, connections_max=connections_max, application="test")
        try:
            yield Database(dsn, pool)
        finally:
            pool.terminate()
            await conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await conn.close()


async def blocked(pool: Pool) -> int:
    """How many sessions of a database wait for others."""
    return await pool.fetchval(
        "SELECT count(*) FILTER (WHERE cardinality(pg_blocking_pids(pid)) > 0)"
        " FROM pg_stat_activity WHERE datname = current_database()"
    )


async def _template(server_dsn: str, migrations: str) -> str:
    """The name of a database with these very migrations, made by whoever needs it first."""
    known = _templates.get((server_dsn, migrations))
    if known is not None:
        return known
    text = "".join(migration.checksum for migration in migrate.migrations(migrations))
    name = f"template_{hashlib.sha256((migrations + text).encode()).hexdigest()[:16]}"
    conn = await asyncpg.connect(server_dsn)
    try:
        # The lock belongs to the session, so that a test run that dies leaves none behind.
        await conn.execute("SELECT pg_advisory_lock(hashtext($1))", name)
        is_made = await conn.fetchval(
            "SELECT datistemplate FROM pg_database WHERE datname = $1", name
        )
        if not is_made:
            await conn.execute(f'DROP DATABASE IF EXISTS "{name}"')
            await conn.execute(f'CREATE DATABASE "{name}"')
            await migrate.migrate(dsn_of(server_dsn, name), migrations)
            await conn.execute(
                f'ALTER DATABASE "{name}" WITH is_template true allow_connections false'
            )
    finally:
        await conn.close()
    _templates[server_dsn, migrations] = name
    return name
