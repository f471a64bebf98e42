"""PostgreSQL: pools, the one opener of transactions, and which errors pass by themselves."""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis.login import Where, login_of
from chassis.settings import ServiceSettings

type Record = asyncpg.Record
type Conn = asyncpg.Connection[Record] | PoolConnectionProxy[Record]
type Pool = asyncpg.Pool[Record]

LOST_RACES = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)
"""The transaction did nothing and may simply be run again."""

OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    # While a password is replaced, one side has the new one before the other.
    asyncpg.InvalidPasswordError,
)
"""The server is away, restarting, full or busy, or does not know our password any more or not yet:
try again later, nothing is wrong with the work."""

FAILURES = (asyncpg.PostgresError, *OUTAGES)
"""Everything that comes instead of a result: outages, lost races and refusals of the work."""


def is_outage(error: BaseException) -> bool:
    """Whether `error` says that the database is away rather than that it refused the work."""
    # asyncpg.DataError is an InterfaceError too, but means that a value does not fit its column.
    return isinstance(error, OUTAGES) and not isinstance(error, ValueError)


async def _keep_session(_conn: object) -> None:
    """Sessions carry no state of ours, so giving one back costs no round trip."""


BY_INDEX: Mapping[str, str] = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""For sessions whose statements all find their rows by key.

A prepared statement keeps the plan it got while a table was small, which is to read all of it,
until the next ANALYZE; a table that takes thousands of rows a second is large long before that.
With one way to find them there is nothing to plan anew for each set of parameters either.
"""


CONNECT_TIMEOUT_S: Final = 5.0
"""A server that was moved leaves an address behind at which nobody answers, not even by refusing.
asyncpg would wait a minute, and the session after it might find the new one at once."""


class UntrustedServerError(ConnectionError):
    """Whoever answers did not prove to be the server that was called: an outage, until somebody
    mends it. The message says who, why and what to do."""


async def connect(
    where: Where,
    *,
    application: str,
    settings: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401 - asyncpg's
) -> "asyncpg.Connection[Record]":
    """A session of its own, outside of any pool.

    Args:
        where: The database.
        application: What the session is called in the server's views.
        settings: Further parameters of PostgreSQL for the session.
        options: More of asyncpg's, such as `timeout`.

    Raises:
        asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError: It cannot be opened;
            of these, UntrustedServerError where TLS was asked for and the certificate is wrong.
    """
    return await _connect(
        **login_of(where).options(),
        server_settings={"application_name": application, **(settings or {})},
        **options,
    )


async def _connect(dsn: str, **options: Any) -> "asyncpg.Connection[Record]":  # noqa: ANN401 - asyncpg's
    options.setdefault("timeout", CONNECT_TIMEOUT_S)
    try:
        return await asyncpg.connect(dsn, **options)
    except ssl.SSLCertVerificationError as error:
        raise UntrustedServerError(
            f"PostgreSQL's certificate was refused ({error.verify_message}): check that sslrootcert"
            " in the DSN is what the server's certificate comes from, and that the host in the DSN"
            " is one that it names"
        ) from error
    except (FileNotFoundError, PermissionError) as error:
        files = _tls_files(dsn)
        # Of those of TLS nobody says which; a password's file is named.
        if error.filename is not None or not files:
            raise
        raise UntrustedServerError(
            f"of {', '.join(files)} in the DSN one cannot be read ({error.strerror}): mount it"
        ) from error


_connecting: Any = _connect
"""As the pool calls it: asyncpg's types ask for every parameter of its own by name."""


def _tls_files(dsn: str) -> list[str]:
    named = {"sslrootcert", "sslcert", "sslkey", "sslcrl"}
    return [f"{name}={file}" for name, file in parse_qsl(urlsplit(dsn).query) if name in named]


async def open_pool(
    where: Where,
    *,
    connections_max: int,
    application: str,
    settings: Mapping[str, str] | None = None,
) -> Pool:
    """A pool of at most `connections_max` sessions, opened as they are needed.

    `settings` are further parameters of PostgreSQL for these sessions, such as `BY_INDEX`.
    Raises as `connect`.
    """
    return await asyncpg.create_pool(
        **login_of(where).options(),
        connect=_connecting,
        min_size=1,
        max_size=connections_max,
        reset=_keep_session,
        server_settings={
            "application_name": application,
            "timezone": "UTC",
            "jit": "off",
            # A frozen process must not keep its rows locked from the owner that takes over.
            "idle_in_transaction_session_timeout": "10s",
            **(settings or {}),
        },
        command_timeout=60,
    )


@asynccontextmanager
async def service_pool(settings: ServiceSettings, process: str) -> AsyncGenerator[Pool]:
    """A service's sessions with its database, for a process such as `worker`.

    They end with the block. All of a service's statements find their rows by key.
    """
    pool = await open_pool(
        settings.login,
        connections_max=settings.database_connections_max,
        application=f"{settings.service}-{process}",
        settings=BY_INDEX,
    )
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncGenerator[Conn]:
    """One transaction on a session of the pool: committed at the end, rolled back on any error."""
    try:
        async with pool.acquire() as conn, conn.transaction():
            yield conn
    except FAILURES as error:
        # Rolling back a cancelled transaction fails on a dead session, and that failure would take
        # the place of the cancellation: whoever retries after outages could then not be stopped.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


async def transact[T](
    pool: Pool,
    work: Callable[[Conn], Awaitable[T]],
    *,
    attempts_max: int = 5,
    lost_race: Callable[[], None] = lambda: None,
) -> T:
    """Run `work` in a transaction and commit it; the whole of it runs again when a race was lost.

    `work` must not take a second session of the pool: with all sessions taken that waits for ever.

    Args:
        pool: Where the session comes from.
        work: Does everything on the connection that it is given, and cannot commit.
        attempts_max: How often a deadlock or serialisation failure is tried, at most.
        lost_race: Called at each lost race, so that retries are counted rather than hidden.
    """
    for attempt in range(1, attempts_max + 1):
        try:
            async with transaction(pool) as conn:
                return await work(conn)
        except LOST_RACES:
            lost_race()
            if attempt == attempts_max:
                raise
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))
    raise AssertionError("unreachable")


async def copy_rows(conn: Conn, table: str, columns: Sequence[str], rows: bytes) -> None:
    """Add rows by COPY, which takes a half to two thirds of what INSERT costs the server.

    Args:
        conn: An open transaction.
        table: Where to.
        columns: What each row holds, in order.
        rows: In PostgreSQL's binary COPY format, header and trailer included.

    Raises:
        asyncpg.IntegrityConstraintViolationError: A row may not be; the transaction is lost.
    """
    # A view, since asyncpg takes bytes for a path; of a file or a generator it makes a class per
    # call, whose cycle keeps the rows in memory until the collector comes by.
    await conn.copy_to_table(
        table,
        source=memoryview(rows),  # pyright: ignore[reportArgumentType] - any buffer will do
        columns=columns,
        format="binary",
    )
