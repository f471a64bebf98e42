"""Spend limits, what was spent under them, and what they refused."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from wallet.domain.ledger import Head
from wallet.domain.limits import Limits, Pending, Terms
from wallet.domain.spending import LimitReached, Reached, Spent

STATEMENTS = sql.load("wallet.store", "limits.sql")

RECALL_PAGE: Final = 256
"""Movements: few pay more often in a week, and who does is read in as many steps as it takes."""


async def select_limits(conn: Conn, heads: Sequence[Head]) -> dict[int, Limits]:
    """By account id, the limits that accounts were under when they were read."""
    rows = await conn.fetch(
        STATEMENTS["select_limits"],
        [head.account_id for head in heads],
        [head.limits_version for head in heads],
    )
    return {row["account_id"]: _limits(row) for row in rows}


async def select_limits_of(conn: Conn, owner_ids: Sequence[str]) -> dict[str, Limits]:
    """By owner, the limits set last; owners who never set any are left out."""
    rows = await conn.fetch(STATEMENTS["select_limits_of"], owner_ids)
    return {row["owner_id"]: _limits(row) for row in rows}


async def insert_limits(
    conn: Conn, head: Head, limits: Limits, *, at: datetime, by: str, policy_version: int
) -> None:
    """Add a version of the limits of an account whose row is locked."""
    terms, pending = limits.terms, limits.pending
    later = pending.terms if pending is not None else Terms()
    await conn.execute(
        STATEMENTS["insert_limits"],
        head.account_id,
        limits.version,
        head.version,
        at,
        by,
        policy_version,
        terms.day_coins,
        terms.week_coins,
        terms.creator_day_coins,
        later.day_coins,
        later.week_coins,
        later.creator_day_coins,
        pending.since if pending is not None else None,
        pending.effective_at if pending is not None else None,
    )


class Recall(NamedTuple):
    """Which charges of an account to read."""

    account_id: int
    after_version: int
    version: int
    """The last one to read."""


async def recall_spending(
    conn: Conn, recalls: Sequence[Recall], *, since: datetime
) -> dict[int, list[Spent]]:
    """By account id, what was spent after a moment, in the order of time."""
    rows = await conn.fetch(
        STATEMENTS["recall_spending"],
        [recall.account_id for recall in recalls],
        [recall.after_version for recall in recalls],
        [recall.version for recall in recalls],
        since,
        RECALL_PAGE,
    )
    found: dict[int, list[Spent]] = {recall.account_id: [] for recall in recalls}
    for account_id, posted_at, creator, coins in rows:
        found[account_id].append(Spent(posted_at, creator, coins))
    return found


async def insert_limit_refusals(conn: Conn, refused: Iterable[tuple[UUID, Reached]]) -> None:
    """Keep what charges that a limit refused were told."""
    listed = list(refused)
    await conn.execute(
        STATEMENTS["insert_limit_refusals"],
        [movement_id for movement_id, _ in listed],
        [reached.limit_coins for _, reached in listed],
        [reached.spent_coins for _, reached in listed],
        [reached.frees_up_at for _, reached in listed],
    )


async def select_limit_refusals(
    conn: Conn, limits: Mapping[UUID, LimitReached]
) -> dict[UUID, Reached]:
    """What these charges, which these limits refused, were told."""
    rows = await conn.fetch(STATEMENTS["select_limit_refusals"], list(limits))
    return {row[0]: Reached(limits[row[0]], row[1], row[2], row[3]) for row in rows}


def _limits(row: Record) -> Limits:
    pending = None
    if row["pending_from"] is not None:
        pending = Pending(
            Terms(
                day_coins=row["pending_day_coins"],
                week_coins=row["pending_week_coins"],
                creator_day_coins=row["pending_creator_day_coins"],
            ),
            row["pending_since"],
            row["pending_from"],
        )
    terms = Terms(
        day_coins=row["day_coins"],
        week_coins=row["week_coins"],
        creator_day_coins=row["creator_day_coins"],
    )
    return Limits(row["version"], terms, pending)
