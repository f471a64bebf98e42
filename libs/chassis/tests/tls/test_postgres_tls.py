"""PostgreSQL over TLS, and with a password that changes, against a real server that wants both."""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
import pytest

from chassis.db import OUTAGES, UntrustedServerError, connect, is_outage, open_pool
from chassis.login import Login
from chassis.migrate import migrate
from chassis.testing.certificates import Authority
from chassis.testing.plugin import NewDatabase


def over_tls(dsn: str, authority: Authority, *, mode: str = "verify-full") -> str:
    """As it stands in a service's DATABASE_DSN."""
    return f"{dsn}?sslmode={mode}&sslrootcert={authority.file}"


async def test_sessions_are_over_tls(
    tls_postgres: str, authority: Authority, new_database: NewDatabase
) -> None:
    """The pool's, single ones and those of migrations; in clear nobody is let in."""
    name = urlsplit((await new_database("chassis.migrations")).dsn).path
    address = urlsplit(tls_postgres)._replace(path=name).geturl()
    dsn = over_tls(address, authority)

    assert await migrate(dsn, "wallet.migrations") != []
    async with await open_pool(dsn, connections_max=2, application="test") as pool:
        assert await pool.fetchval("SELECT count(*) FROM schema_migration") > 0
    conn = await connect(dsn, application="test")
    assert await conn.fetchval("SELECT current_database()") == name[1:]
    await conn.close()
    with pytest.raises(OUTAGES):
        await connect(f"{address}?sslmode=disable", application="test")


async def test_another_authority_is_refused_in_clear_words(
    tls_postgres: str, stranger: Authority
) -> None:
    """No password is sent to a server that cannot prove whose it is."""
    with pytest.raises(UntrustedServerError, match="check that sslrootcert in the DSN") as refused:
        await open_pool(over_tls(tls_postgres, stranger), connections_max=2, application="test")

    assert str(urlsplit(tls_postgres).password) not in str(refused.value)
    assert is_outage(refused.value)


async def test_another_host_is_refused_in_clear_words(
    tls_postgres: str, authority: Authority
) -> None:
    """The certificate is of 127.0.0.1; what is called must stand in it."""
    dsn = over_tls(tls_postgres.replace("127.0.0.1", "localhost"), authority)

    with pytest.raises(UntrustedServerError, match="the host in the DSN is one that it names"):
        await connect(dsn, application="test")
    await (await connect(dsn.replace("-full", "-ca"), application="test")).close()


async def test_a_missing_authority_is_named(tls_postgres: str, tmp_path: Path) -> None:
    dsn = f"{tls_postgres}?sslmode=verify-full&sslrootcert={tmp_path}/absent.crt"

    with pytest.raises(UntrustedServerError, match=r"sslrootcert=.*/absent\.crt.*cannot be read"):
        await open_pool(dsn, connections_max=2, application="test")


class Role(NamedTuple):
    """A role whose password can be changed, and the file in which a service reads it."""

    name: str
    login: Login
    file: Path
    change: Callable[[str], Awaitable[None]]


@pytest.fixture
async def role(tls_postgres: str, authority: Authority, tmp_path: Path) -> AsyncGenerator[Role]:
    name = f"demo_{secrets.token_hex(4)}"
    file = tmp_path / "DEMO_DATABASE_PASSWORD"
    file.write_text("first")
    admin = await connect(over_tls(tls_postgres, authority), application="admin")

    async def change(password: str) -> None:
        await admin.execute(f"ALTER ROLE {name} PASSWORD '{password}'")

    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'first'")
    server = tls_postgres.rpartition("@")[2]
    login = Login(over_tls(f"postgresql://{name}@{server}", authority), lambda: file.read_text())
    yield Role(name, login, file, change)
    await admin.execute(f"DROP ROLE {name}")
    await admin.close()


async def test_a_changed_password_needs_no_restart(role: Role) -> None:
    """Open sessions go on; new ones take the file's; in between it is an outage that passes."""
    pool = await open_pool(role.login, connections_max=3, application="test")
    try:
        async with pool.acquire() as old:
            await role.change("second")
            assert await old.fetchval("SELECT 1") == 1
            with pytest.raises(asyncpg.InvalidPasswordError) as refused:
                await pool.fetchval("SELECT 1")
            assert is_outage(refused.value)

            role.file.write_text("second")

            async with pool.acquire() as new:
                assert await new.fetchval("SELECT current_user") == role.name
            assert await old.fetchval("SELECT 1") == 1
    finally:
        pool.terminate()


async def test_a_missing_password_is_no_fault_of_tls(role: Role) -> None:
    role.file.unlink()

    with pytest.raises(FileNotFoundError, match="DEMO_DATABASE_PASSWORD"):
        await connect(role.login, application="test")
