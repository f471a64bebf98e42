"""Months of earning and being paid, and what statements say of them, for tests."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chassis import ids, sql
from chassis.db import Conn, Pool, transaction
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.commands.known_rates import KnownRates
from payouts.commands.read_statement import lines_from, read_statement, write_csv
from payouts.domain.accrual import accrue
from payouts.domain.statement import Line, Period, Statement
from payouts.edge.statement_clerk import StatementClerk
from payouts.store.statements import select_lines
from payouts.testing import a_gift, a_slice
from payouts.testing.paying import CREATOR

LAG = timedelta(minutes=10)

_SQL = sql.load("payouts.testing", "stating.sql")


class Stated(NamedTuple):
    """A statement with all that belongs to it."""

    statement: Statement
    lines: tuple[Line, ...]
    document: bytes


async def let_time_be_told(pool: Pool) -> None:
    """Let `earn_at` say when it is."""
    await pool.execute(_SQL["let_time_be_told"])


async def add_takings(pool: Pool) -> None:
    """Let there be a table `taking` of what was taken back, whose rows are in statements."""
    await pool.execute(_SQL["add_takings"])


async def earn_at(
    conn: Conn, coins: int, at: datetime, *, creator_id: str = CREATOR, gift_id: UUID | None = None
) -> UUID:
    """Let a creator be given a gift that is safe at once; at the first rate a coin is half a
    diamond."""
    gift = a_gift(
        slices=[a_slice(coins, refundable_until=at - timedelta(days=2))],
        creator_id=creator_id,
        gift_id=gift_id or ids.uuid7(),
        sent_at=at,
    )
    await conn.execute(_SQL["tell_time"], at)
    book = await KnownRates().newest(conn)
    await accrue_gifts(conn, [accrue(gift, book)], shard=0, at=at)
    return gift.gift_id


async def earn_in(pool: Pool, coins: int, at: datetime, *, creator_id: str = CREATOR) -> UUID:
    """The same in a transaction of its own."""
    async with transaction(pool) as conn:
        return await earn_at(conn, coins, at, creator_id=creator_id)


async def tick(pool: Pool, at: datetime) -> None:
    """Let the clerk do what is due."""
    await StatementClerk(pool, lag=LAG, now=lambda: at).once()


async def state(
    pool: Pool, period: str, known_at: datetime | None = None, *, creator_id: str = CREATOR
) -> Stated | None:
    """What is stated of a month, read whole."""
    async with pool.acquire() as conn:
        found = await read_statement(conn, creator_id, Period.parse(period), known_at=known_at)
        if found is None:
            return None
        lines = await select_lines(conn, creator_id, found.scope, position=None, limit=100_000)
    document = b"".join([part async for part in write_csv(found, lines_from(pool, found))])
    return Stated(found, tuple(lines), document)
