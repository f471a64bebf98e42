"""Statements, and the journals as statements read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.payout import PayoutStatus
from payouts.domain.statement import (
    CommissionMoney,
    Line,
    LineKey,
    LineKind,
    PayoutMoney,
    Period,
    Scope,
    Statement,
    Totals,
)

STATEMENTS = sql.load("payouts.store", "statements.sql")


class Close(NamedTuple):
    """A month that is over."""

    period: Period
    is_issued: bool
    """Every creator has their statement of it."""


class Summed(NamedTuple):
    """What the lines of a statement come to."""

    lines: int
    earned: int
    reversed: int
    paid_out: int


async def lock_statements(conn: Conn) -> None:
    """Make whoever else marks, closes or issues wait until the transaction ends."""
    await conn.execute(STATEMENTS["lock_statements"])


async def insert_mark(conn: Conn, *, at: datetime, form: int) -> int:
    """Note what has been committed by now. The caller holds the lock of `lock_statements`."""
    return await conn.fetchval(STATEMENTS["insert_mark"], at, form)


async def find_newest_mark(conn: Conn) -> datetime | None:
    """When it was last noted what had been committed."""
    return await conn.fetchval(STATEMENTS["find_newest_mark"])


async def find_last_close(conn: Conn) -> Close | None:
    """The last month that was closed."""
    row = await conn.fetchrow(STATEMENTS["find_last_close"])
    return None if row is None else Close(Period.of(row["period"]), row["is_issued"])


async def find_first_moment(conn: Conn) -> datetime | None:
    """When there was something to state for the first time."""
    return await conn.fetchval(STATEMENTS["find_first_moment"])


async def insert_close(conn: Conn, period: Period, mark_id: int) -> None:
    """Let the statements of a month hold what the mark knows."""
    await conn.execute(STATEMENTS["insert_close"], period.first_day, mark_id)


async def update_issued(conn: Conn, period: Period, *, at: datetime) -> None:
    """Every creator has their statement."""
    await conn.execute(STATEMENTS["update_issued"], period.first_day, at)


async def select_unstated(conn: Conn, period: Period, *, after: str, limit: int) -> Sequence[str]:
    """Creators after another who may need a statement of the month, in order."""
    rows = await conn.fetch(STATEMENTS["select_unstated"], period.first_day, after, limit)
    return [row["creator_id"] for row in rows]


async def find_scope(conn: Conn, period: Period, *, known_at: datetime | None) -> Scope | None:
    """What a statement of a month holds, as known at a moment, or now.

    None where there is none: the month had not begun, or is not settled.
    """
    row = await conn.fetchrow(STATEMENTS["find_scope"], period.first_day, known_at)
    return None if row is None else Scope(period=period, **row)


async def sum_lines(conn: Conn, creator_id: str, scope: Scope) -> Summed:
    """Add up the lines of a statement."""
    row = await conn.fetchrow(STATEMENTS["sum_lines"], *_lines_of(creator_id, scope))
    assert row is not None, "sums answer with one row"
    return Summed(**row)


async def select_lines(
    conn: Conn,
    creator_id: str,
    scope: Scope,
    *,
    position: LineKey | None,
    limit: int,
    backward: bool = False,
) -> Sequence[Line]:
    """Lines of a statement beyond a position, in order; backward: last first."""
    name = "select_lines_backward" if backward else "select_lines"
    at, entry_id, step = position or (None, None, None)
    rows = await conn.fetch(
        STATEMENTS[name], *_lines_of(creator_id, scope), at, entry_id, step, limit
    )
    return [_line(row) for row in rows]


async def find_statement(conn: Conn, creator_id: str, scope: Scope) -> Statement | None:
    """The statement of a closed month as it was issued."""
    row = await conn.fetchrow(STATEMENTS["find_statement"], creator_id, scope.period.first_day)
    if row is None:
        return None
    totals = Totals(row["opening"], row["earned"], row["reversed"], row["paid_out"])
    return Statement(creator_id, row["number"], scope, totals, row["sha256"])


async def find_previous(conn: Conn, creator_id: str, period: Period) -> tuple[int, int] | None:
    """Number and closing of the statement of the month before."""
    row = await conn.fetchrow(STATEMENTS["find_statement"], creator_id, period.moved(-1).first_day)
    if row is None:
        return None
    closing = Totals(row["opening"], row["earned"], row["reversed"], row["paid_out"]).closing
    return row["number"], closing


async def insert_statement(conn: Conn, statement: Statement, *, at: datetime) -> None:
    """Issue a statement."""
    totals = statement.totals
    await conn.execute(
        STATEMENTS["insert_statement"],
        statement.creator_id,
        statement.number,
        statement.scope.period.first_day,
        *totals,
        totals.closing,
        statement.sha256,
        at,
    )


def _lines_of(creator_id: str, scope: Scope) -> tuple[object, ...]:
    period = scope.period
    return (
        creator_id,
        scope.recorded_from,
        scope.known,
        period.ends,
        scope.before,
        period.starts,
    )


def _line(row: Record) -> Line:
    status = row["payout_status"]
    return Line(
        at=row["at"],
        entry_id=row["entry_id"],
        step=row["step"],
        kind=LineKind(row["kind"]),
        micro_diamonds=row["micro_diamonds"],
        gift_id=row["gift_id"],
        payout_status=None if status is None else PayoutStatus(status),
        recorded_reason=row["reason"],
        belongs_to=row["belongs_to"],
        money=None if status is None else _money(row),
        commission=None
        if row["earned_of"] is None
        else CommissionMoney(row["earned_currency"], row["earned_minor"], row["earned_of"]),
    )


def _money(row: Record) -> PayoutMoney:
    sign = 1 if row["kind"] == LineKind.PAID_OUT else -1
    return PayoutMoney(
        currency=row["currency"],
        gross_minor=sign * row["gross_minor"],
        fees_minor=sign * row["fees_minor"],
        withheld_minor=sign * row["withheld_minor"],
        withheld_because=row["withholding_rule"],
        correction_minor=sign * row["correction_minor"],
        net_minor=sign * row["net_minor"],
        commission_minor=sign * row["commission_minor"],
    )
