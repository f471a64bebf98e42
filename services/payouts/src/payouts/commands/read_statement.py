"""A creator's statement of a month, as it was known at a moment."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from chassis.db import Conn, Pool
from payouts import statement_csv
from payouts.domain.statement import (
    Line,
    LineKey,
    Period,
    Scope,
    Statement,
    Totals,
    UnsettledError,
)
from payouts.store import statements

LINES_AT_ONCE: Final = 5_000

type ReadLines = Callable[[LineKey | None], Awaitable[Sequence[Line]]]
"""Up to `LINES_AT_ONCE` lines of a statement after a position."""


async def read_statement(
    conn: Conn, creator_id: str, period: Period, *, known_at: datetime | None
) -> Statement | None:
    """The statement of a month with what was known at a moment, or is now; None if there is none.

    The answer for a month and a moment is the same for ever. So none is given for a moment of which
    it is not settled what was known.

    Raises:
        UnsettledError: `known_at` is later than the newest mark.
    """
    if known_at is not None and known_at < period.starts:
        return None
    newest = await statements.find_newest_mark(conn)
    if known_at is not None and (newest is None or known_at > newest):
        raise UnsettledError(newest)
    scope = await statements.find_scope(conn, period, known_at=known_at)
    if scope is None:
        return None
    if scope.is_closed:
        return await statements.find_statement(conn, creator_id, scope)
    made = await make_statement(conn, creator_id, scope)
    return None if made is None else made._replace(number=None)


async def make_statement(conn: Conn, creator_id: str, scope: Scope) -> Statement | None:
    """The statement as it follows from the journals and the one before; None if there is nothing.

    Once a creator has one, there is one for each month, with or without lines.
    """
    previous = await statements.find_previous(conn, creator_id, scope.period)
    summed = await statements.sum_lines(conn, creator_id, scope)
    if previous is None and summed.lines == 0:
        return None
    number, opening = previous or (0, 0)
    totals = Totals(opening, summed.earned, summed.reversed, summed.paid_out)
    return Statement(creator_id, number + 1, scope, totals, sha256=None)


async def write_csv(statement: Statement, read_lines: ReadLines) -> AsyncGenerator[bytes]:
    """The statement as CSV, a part at a time: a star's has more lines than fit in memory."""
    yield statement_csv.head(statement)
    position: LineKey | None = None
    while lines := await read_lines(position):
        yield statement_csv.body(lines, statement.scope)
        position = lines[-1].key


async def count_lines(conn: Conn, statement: Statement) -> int:
    """How many lines a statement has."""
    return (await statements.sum_lines(conn, statement.creator_id, statement.scope)).lines


def lines_by(conn: Conn, statement: Statement) -> ReadLines:
    """Read lines on a connection."""

    async def read(position: LineKey | None) -> Sequence[Line]:
        return await statements.select_lines(
            conn,
            statement.creator_id,
            statement.scope,
            position=position,
            limit=LINES_AT_ONCE,
        )

    return read


def lines_from(pool: Pool, statement: Statement) -> ReadLines:
    """Read lines on any session, which is given back in between: clients may be slow."""

    async def read(position: LineKey | None) -> Sequence[Line]:
        async with pool.acquire() as conn:
            return await lines_by(conn, statement)(position)

    return read
