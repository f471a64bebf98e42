"""The services' databases: each service reaches its own and no other."""

import asyncpg
import pytest

from local_stack import databases
from local_stack.addresses import Addresses
from local_stack.home import Home


async def test_a_service_owns_its_database(home: Home, addresses: Addresses) -> None:
    """It may make tables there; it is no superuser."""
    conn = await asyncpg.connect(addresses.database_dsn(home, "wallet"))
    try:
        await conn.execute("CREATE TABLE coin (n bigint)")
        superuser = await conn.fetchval(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        )
    finally:
        await conn.close()
    assert superuser is False


async def test_a_service_cannot_enter_anothers_database(home: Home, addresses: Addresses) -> None:
    """Data of a service is reached through its subgraph or its events only."""
    own = addresses.database_dsn(home, "wallet")
    foreign = own.rpartition("/")[0] + f"/{addresses.prefix}gifts"

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)


async def test_the_checker_reads_and_does_not_write(home: Home, addresses: Addresses) -> None:
    """It sees the tables that a service makes later, too."""
    owner = await asyncpg.connect(addresses.database_dsn(home, "gifts"))
    checker = await asyncpg.connect(addresses.auditor_dsn(home, "gifts"))
    try:
        await owner.execute("CREATE TABLE gift (n bigint)")
        await owner.execute("INSERT INTO gift VALUES (7)")

        assert await checker.fetchval("SELECT n FROM gift") == 7
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await checker.execute("UPDATE gift SET n = 8")
    finally:
        await owner.close()
        await checker.close()


def test_creating_again_changes_nothing(home: Home, addresses: Addresses) -> None:
    """`make run` does it each time; passwords stay."""
    before = addresses.database_dsn(home, "payouts")

    databases.create(home, addresses.postgres_dsn, prefix=addresses.prefix)

    assert addresses.database_dsn(home, "payouts") == before
