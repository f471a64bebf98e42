"""Gifts that their creators froze, as they lie in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.quarantine import Quarantine, QuarantineStatus

STATEMENTS = sql.load("payouts.store", "quarantines.sql")

_FROZEN = Quarantine._fields.index("status")


async def insert_quarantine(conn: Conn, quarantine: Quarantine) -> None:
    """Put a frozen gift on record."""
    await conn.execute(STATEMENTS["insert_quarantine"], *quarantine[:_FROZEN])


async def select_quarantines(
    conn: Conn, *, ids: Collection[UUID] = (), gift_ids: Collection[UUID] = ()
) -> list[Quarantine]:
    """Those of these ids, and those of these gifts."""
    rows = await conn.fetch(STATEMENTS["select_quarantines"], list(ids), list(gift_ids))
    return [_quarantine(row) for row in rows]


async def select_held(conn: Conn, gift_ids: Collection[UUID]) -> set[UUID]:
    """Of these gifts those of which all that is left is held."""
    rows = await conn.fetch(STATEMENTS["select_held"], list(gift_ids))
    return {row["gift_id"] for row in rows}


async def decide(conn: Conn, quarantine: Quarantine) -> None:
    """Write what was decided of one."""
    await conn.execute(
        STATEMENTS["decide"],
        quarantine.quarantine_id,
        quarantine.status,
        quarantine.decided_at,
        quarantine.decided_by,
        quarantine.ended_at,
    )


async def end_undone(conn: Conn, gift_ids: Collection[UUID], *, at: datetime) -> None:
    """Nothing of these gifts is held any more: they were undone."""
    await conn.execute(STATEMENTS["end_undone"], list(gift_ids), at)


async def select_frozen(
    conn: Conn, *, position: tuple[datetime, UUID] | None, backward: bool, limit: int
) -> Sequence[Quarantine]:
    """What is held beyond a position, newest first; backward: oldest first."""
    frozen_at, quarantine_id = position or (None, None)
    name = "select_frozen_backward" if backward else "select_frozen"
    rows = await conn.fetch(STATEMENTS[name], frozen_at, quarantine_id, limit)
    return [_quarantine(row) for row in rows]


def _quarantine(row: Record) -> Quarantine:
    found = Quarantine(*row)
    return found._replace(status=QuarantineStatus(found.status))
