"""How the checker is let into the databases: by a role that reads, with its password in a file."""

import asyncio
import secrets
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from checker_world import SERVICES, World, execute

from checker.snapshot import snapshot

type Role = tuple[str, str]


@pytest.fixture
async def reader(world: World) -> AsyncGenerator[Role]:
    """A role with the grants that the manifests give, and its password."""
    name, password = f"test_reader_{secrets.token_hex(4)}", secrets.token_urlsafe(8)
    await execute(
        world.server_dsn,
        f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE pg_read_all_data",
    )
    yield name, password
    await execute(world.server_dsn, f"DROP ROLE {name}")


def as_role(dsn: str, name: str) -> str:
    """The same database for another role, without a password."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))


async def test_a_role_that_may_only_read_and_a_password_in_a_file(
    world: World, reader: Role, tmp_path: Path
) -> None:
    """Every statement of the checker and of the daily job needs no more than this role may."""
    name, password = reader
    (tmp_path / "CHECKER_DATABASE_PASSWORD").write_text(password)
    settings = {
        f"CHECKER_{service.upper()}_DSN": as_role(world.dsn(service), name) for service in SERVICES
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "checker.daily", "--overdue-after-hours", "1000000"),
        env={
            **settings,
            "CHECKER_SECRETS_DIR": str(tmp_path),
            "CHECKER_KAFKA_SERVERS": world.kafka_servers,
            "CHECKER_TOPIC_PREFIX": world.prefix,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    # What waits in the world may be overdue; that the books are clean says that all was read.
    assert process.returncode in (0, 3), errors.decode()
    assert b"books: clean (" in output
    conn = await asyncpg.connect(as_role(world.dsn("wallet"), name), password=password)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("DELETE FROM consumed_offset")
    finally:
        await conn.close()


async def test_a_snapshot_outlives_the_servers_patience(world: World, reader: Role) -> None:
    """It stays open and idle while topics are read; production ends idle ones after 60 s."""
    name, password = reader
    await execute(
        world.server_dsn, f"ALTER ROLE {name} SET idle_in_transaction_session_timeout = '1s'"
    )
    parts = urlsplit(as_role(world.dsn("wallet"), name))
    dsn = urlunsplit(parts._replace(netloc=parts.netloc.replace("@", f":{password}@")))
    async with snapshot("wallet", dsn) as books:
        conn = books._conn  # pyright: ignore[reportPrivateUsage]
        assert await conn.fetchval("SHOW idle_in_transaction_session_timeout") == "0"
