"""Payouts that are held, and who was told that it takes too long."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from payouts.domain.payout import Payout

STATEMENTS = sql.load("payouts.store", "holds.sql")


class Held(NamedTuple):
    """A payout that is held."""

    payout_id: UUID
    creator_id: str
    since: datetime


async def select_held(
    conn: Conn, since: datetime, *, after: Held | None, limit: int
) -> Sequence[Held]:
    """Payouts that are held since then or longer, the oldest first."""
    moved_at, payout_id = (None, None) if after is None else (after.since, after.payout_id)
    rows = await conn.fetch(STATEMENTS["select_held"], since, moved_at, payout_id, limit)
    return [Held(*row) for row in rows]


async def insert_escalation(conn: Conn, payout: Payout, *, at: datetime) -> bool:
    """Note that somebody is told of a held payout; False where that was done before."""
    added = await conn.fetchval(
        STATEMENTS["insert_escalation"], payout.payout_id, payout.moved_at, at
    )
    return added is not None


async def count_held(conn: Conn, since: datetime) -> int:
    """How many payouts are held since then or longer."""
    return await conn.fetchval(STATEMENTS["count_held"], since)
