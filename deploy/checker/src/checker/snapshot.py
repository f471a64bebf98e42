"""A service's database as it was at one moment, for reading only."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg

from chassis import sql
from chassis.db import Record
from checker.facts import CopiedFacts, Pile

SERVICES = ("wallet", "gifts", "payouts")

_FILES: Mapping[str, Sequence[str]] = {
    "wallet": (
        *("wallet.sql", "limits.sql", "reversals.sql", "refunds.sql", "undos.sql"),
        *("wallet_figures.sql", "outbox.sql"),
    ),
    "gifts": ("gifts.sql", "fans.sql", "rooms.sql", "battles.sql", "trains.sql", "outbox.sql"),
    "payouts": (
        *("payouts.sql", "statements.sql", "shares.sql", "operators.sql", "quarantines.sql"),
        "payouts_figures.sql",
        "outbox.sql",
    ),
}
"""Where a service's database is asked from."""
_ROWS_AT_ONCE = 5_000


class Snapshot:
    """Everything is read in one transaction, so that all answers are of the same moment."""

    def __init__(self, service: str, conn: "asyncpg.Connection[Record]") -> None:
        self.service = service
        self._conn = conn
        self._statements: Mapping[str, str] = {
            name: statement
            for file in _FILES[service]
            for name, statement in sql.load("checker", file).items()
        }

    async def row(self, name: str, *arguments: object) -> Record:
        """The one row that a statement answers with."""
        row = await self._conn.fetchrow(self._statements[name], *arguments)
        assert row is not None, f"{name} answers with one row"
        return row

    async def rows(self, name: str, *arguments: object) -> Sequence[Record]:
        """All rows of a statement that has few."""
        return await self._conn.fetch(self._statements[name], *arguments)

    async def stream(self, name: str) -> AsyncGenerator[Record]:
        """The rows of a statement, however many, a few thousand at a time."""
        async for row in self._conn.cursor(self._statements[name], prefetch=_ROWS_AT_ONCE):
            yield row

    async def copy(self, name: str, pile: Pile) -> None:
        """Add the facts that a statement makes to `pile`."""
        await self._conn.copy_from_query(
            self._statements[name], output=CopiedFacts(pile).feed, format="binary"
        )


@asynccontextmanager
async def snapshot(service: str, dsn: str) -> AsyncGenerator[Snapshot]:
    """Open a service's database as it is now."""
    conn = await asyncpg.connect(
        dsn,
        timeout=10,
        server_settings={
            "application_name": "checker",
            "timezone": "UTC",
            "jit": "off",
            "default_transaction_read_only": "on",
            # One sort or hash at a time may take this much before it goes to disk.
            "work_mem": "64MB",
        },
    )
    try:
        await conn.transaction(isolation="repeatable_read", readonly=True).start()
        yield Snapshot(service, conn)
    finally:
        # Nothing was written, and a statement may be under way if something else went wrong.
        conn.terminate()
