"""Breaks between our books and rails', as they lie in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import ids, sql
from chassis.db import Conn, Record
from payouts.domain.payout import PayoutStatus
from payouts.domain.reconciliation import Break, BreakKind, BreakStatus, Found, Ours, Repair

STATEMENTS = sql.load("payouts.store", "breaks.sql")


async def select_submitted(conn: Conn, rail: str) -> Sequence[Ours]:
    """Every payout that was ever submitted to a rail."""
    rows = await conn.fetch(STATEMENTS["select_submitted"], rail)
    return [
        Ours(
            row["payout_id"],
            PayoutStatus(row["status"]),
            row["net_minor"],
            row["currency"],
            row["accepted_at"],
        )
        for row in rows
    ]


async def insert_break(conn: Conn, rail: str, found: Found, *, at: datetime) -> bool:
    """Put a difference on record; False where it is."""
    theirs = found.theirs
    return (
        await conn.fetchval(
            STATEMENTS["insert_break"],
            ids.uuid7(),
            rail,
            found.kind,
            found.key,
            found.payout_id,
            theirs and theirs.status,
            theirs and theirs.amount_minor,
            theirs and theirs.currency,
            found.repair,
            at,
        )
        is not None
    )


async def select_open_breaks(conn: Conn, rail: str) -> dict[tuple[BreakKind, str], UUID]:
    """What nobody has mended yet, locked: ids by kind and key."""
    rows = await conn.fetch(STATEMENTS["select_open_breaks"], rail)
    return {(BreakKind(row["kind"]), row["transfer_key"]): row["break_id"] for row in rows}


async def lock_break(conn: Conn, break_id: UUID) -> Break | None:
    """A break, which nobody else touches until the transaction ends."""
    await conn.execute(STATEMENTS["lock_break"], break_id)
    row = await conn.fetchrow(STATEMENTS["find_break"], break_id)
    return None if row is None else _break(row)


async def update_proposed(conn: Conn, break_id: UUID) -> None:
    """Somebody wants it mended: the operators' proposal says who, and why."""
    await conn.execute(STATEMENTS["update_proposed"], break_id)


async def update_repaired(conn: Conn, break_id: UUID, *, at: datetime) -> None:
    """Somebody else agreed, and it was done."""
    await conn.execute(STATEMENTS["update_repaired"], break_id, at)


async def update_gone(conn: Conn, break_ids: Collection[UUID], *, at: datetime) -> None:
    """The books agree again."""
    await conn.execute(STATEMENTS["update_gone"], list(break_ids), at)


async def update_order_again(conn: Conn, payout_id: UUID, *, at: datetime) -> None:
    """Let a payout be ordered once more, unless its rail has it after all."""
    await conn.execute(STATEMENTS["update_order_again"], payout_id, at)


async def select_breaks(
    conn: Conn, *, position: tuple[datetime, UUID] | None, backward: bool, limit: int
) -> Sequence[Break]:
    """Breaks beyond a position, newest first; backward: oldest first."""
    found_at, break_id = position or (None, None)
    name = "select_breaks_backward" if backward else "select_breaks"
    rows = await conn.fetch(STATEMENTS[name], found_at, break_id, limit)
    return [_break(row) for row in rows]


def _break(row: Record) -> Break:
    fields: dict[str, Any] = {
        **row,
        "kind": BreakKind(row["kind"]),
        "repair": None if row["repair"] is None else Repair(row["repair"]),
        "status": BreakStatus(row["status"]),
    }
    return Break(**fields)
