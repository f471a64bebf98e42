"""Figures of creators, which are added up behind the journals."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.figures import Analytics, Breakdown, Days, Figure, Figures

STATEMENTS = sql.load("payouts.store", "figures.sql")

type Position = tuple[int, str]
"""Coins that are left, and key, of a figure."""


class Due(NamedTuple):
    """What of the journals is to be added up."""

    mark_id: int
    before: str | None
    recorded_from: str
    known: str


async def lock_fold(conn: Conn) -> Due | None:
    """Make whoever else adds up wait until the transaction ends; None: there is nothing to do."""
    row = await conn.fetchrow(STATEMENTS["lock_fold"])
    assert row is not None, "the migration made the row"
    return None if row["mark_id"] is None else Due(**row)


async def fold(conn: Conn, due: Due) -> None:
    """Add to the figures what is due. The caller holds the lock of `lock_fold`."""
    for name in ("fold_accruals", "fold_clawbacks"):
        await conn.execute(STATEMENTS[name], due.before, due.recorded_from, due.known)
    await conn.execute(STATEMENTS["update_fold"], due.mark_id)


async def select_days(
    conn: Conn, creator_id: str, days: Days, *, after: date | None, limit: int
) -> Analytics:
    """Figures of each day of a range after another, in order."""
    rows = await conn.fetch(STATEMENTS["select_days"], creator_id, *days, after, limit)
    return _analytics(rows)


async def select_keys(
    conn: Conn,
    creator_id: str,
    days: Days,
    breakdown: Breakdown,
    *,
    position: Position | None,
    limit: int,
) -> Analytics:
    """Figures of gifters or items over a range of days beyond a position, most coins first."""
    coins, key = position or (None, None)
    rows = await conn.fetch(
        STATEMENTS["select_keys"], creator_id, *days, coins, key, limit, breakdown.value
    )
    return _analytics(rows)


def _analytics(rows: Sequence[Record]) -> Analytics:
    page = [Figure(row["key"], _figures(row)) for row in rows if row["key"] is not None]
    return Analytics(rows[0]["as_of"], _figures(rows[0], "total_"), page)


def _figures(row: Record, prefix: str = "") -> Figures:
    return Figures(
        *(
            row[prefix + name]
            for name in (
                *("gifts", "coins", "micro_diamonds"),
                *("reversed_coins", "reversed_micro_diamonds"),
            )
        )
    )
