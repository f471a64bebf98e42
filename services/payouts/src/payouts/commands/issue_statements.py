"""Close months, and issue the statements of those that are over."""

import hashlib
from datetime import datetime, timedelta

from chassis.db import Conn
from payouts import statement_rows
from payouts.commands.read_statement import lines_by, make_statement, write_csv
from payouts.domain.statement import Period
from payouts.store import statements


async def mark_known(conn: Conn, *, at: datetime) -> None:
    """Note what has been committed by now, so that it can be asked for later.

    Not before the first month is closed that was over when statements began: until then a mark
    would say that it never was.

    Locks: statements.
    """
    await statements.lock_statements(conn)
    if await statements.find_last_close(conn) is None:
        first = await statements.find_first_moment(conn)
        if first is not None and Period.of(first) < Period.of(at):
            return
    await statements.insert_mark(conn, at=at, form=statement_rows.FORM)


async def close_period(conn: Conn, *, at: datetime, lag: timedelta) -> Period | None:
    """Close the next month that is over; None where none is. One that is not fully issued is next.

    Args:
        conn: An open transaction.
        at: Now.
        lag: How long to wait after a month's end, for what is still on its way. Whatever comes
            later is an adjustment in the statement after.

    Locks: statements.
    """
    await statements.lock_statements(conn)
    last = await statements.find_last_close(conn)
    if last is not None and not last.is_issued:
        return last.period
    if last is not None:
        period = last.period.moved(1)
    else:
        first = await statements.find_first_moment(conn)
        if first is None:
            return None
        period = Period.of(first)
    if at < period.ends + lag:
        return None
    mark_id = await statements.insert_mark(conn, at=at, form=statement_rows.FORM)
    await statements.insert_close(conn, period, mark_id)
    return period


async def issue_statement(conn: Conn, period: Period, creator_id: str, *, at: datetime) -> None:
    """Issue a creator's statement of a closed month, once, if there is anything to state.

    Locks: statements.
    """
    await statements.lock_statements(conn)
    scope = await statements.find_scope(conn, period, known_at=None)
    assert scope is not None, "the month is closed"
    assert scope.is_closed, period
    if await statements.find_statement(conn, creator_id, scope) is not None:
        return
    statement = await make_statement(conn, creator_id, scope)
    if statement is None:
        return
    digest = hashlib.sha256()
    async for part in write_csv(statement, lines_by(conn, statement)):
        digest.update(part)
    issued = statement._replace(sha256=digest.hexdigest())
    await statements.insert_statement(conn, issued, at=at)


async def finish_period(conn: Conn, period: Period, *, at: datetime) -> None:
    """Put on record that every creator has their statement of the month.

    Locks: statements.
    """
    await statements.lock_statements(conn)
    last = await statements.find_last_close(conn)
    assert last is not None, "the month is closed"
    if last.period == period and not last.is_issued:
        await statements.update_issued(conn, period, at=at)
