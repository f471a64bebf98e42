"""What can go wrong with a database, done to a stack's PostgreSQL on purpose."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from chassis import sql
from chassis.testing.databases import dsn_of
from local_stack.databases import SERVICES
from local_stack.stack import Stack

type Session = asyncpg.Connection[asyncpg.Record]

_SQL = sql.load("support", "sabotage.sql")


@asynccontextmanager
async def superuser(stack: Stack, service: str) -> AsyncGenerator[Session]:
    """A session in a service's database that may do anything."""
    addresses = stack.addresses
    conn: Session = await asyncpg.connect(
        dsn_of(addresses.postgres_dsn, addresses.prefix + service),
        server_settings={"application_name": "sabotage"},
    )
    try:
        yield conn
    finally:
        await conn.close()


async def terminate_sessions(stack: Stack) -> int:
    """End every session that a service has; returns how many there were."""
    async with superuser(stack, SERVICES[0]) as conn:
        return await conn.fetchval(_SQL["terminate_sessions"], _roles(stack))


@asynccontextmanager
async def full_disk(stack: Stack, service: str, table: str) -> AsyncGenerator[None]:
    """Within the block the disk is full whenever the service writes to the table.

    PostgreSQL itself meets ENOSPC: the file of a table that a trigger writes to is /dev/full, which
    takes no byte. That needs no mount and no privilege, and nothing else on the machine is full.
    """
    async with superuser(stack, service) as conn:
        await conn.execute(_SQL["create_full_disk"])
        await conn.execute(_SQL["create_write_to_full_disk"])
        file = Path(await conn.fetchval(_SQL["find_full_disk"]))
        _put_aside(file)
        try:
            await conn.execute(_SQL["define_fill"])
            await conn.execute(_SQL["fill"], table)
            yield
        finally:
            await conn.execute(_SQL["drop_write_to_full_disk"])
            _put_back(file)
            await conn.execute(_SQL["drop_full_disk"])


@asynccontextmanager
async def locked(stack: Stack, service: str, table: str, *, waits: str) -> AsyncGenerator[None]:
    """Within the block nobody can write to the table, and who waits is soon told so.

    Args:
        stack: Whose database.
        service: Whose table.
        table: What is locked.
        waits: How long a session waits, as PostgreSQL writes it: `200ms`.
    """
    async with superuser(stack, service) as conn:
        await conn.execute(_SQL["define_limit_locks"])
        await conn.execute(_SQL["define_lock_rows"])
        role = stack.addresses.prefix + service
        await conn.execute(_SQL["limit_locks"], role, waits)
        try:
            # The limit holds for sessions that begin now.
            await terminate_sessions(stack)
            async with conn.transaction():
                await conn.execute(_SQL["lock_rows"], table)
                yield
        finally:
            await conn.execute(_SQL["limit_locks"], role, "0")
    await terminate_sessions(stack)


def _put_aside(file: Path) -> None:
    file.rename(file.with_suffix(".kept"))
    file.symlink_to("/dev/full")


def _put_back(file: Path) -> None:
    file.unlink()
    file.with_suffix(".kept").rename(file)


def _roles(stack: Stack) -> list[str]:
    return [stack.addresses.prefix + service for service in SERVICES]
