"""What is being sent, and what rails have told, as it lies in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from payouts.domain.transfer import Change, Effect

STATEMENTS = sql.load("payouts.store", "sendings.sql")


class Due(NamedTuple):
    """A payout whose time has come."""

    payout_id: UUID
    creator_id: str


class Try(NamedTuple):
    """A payout that its rail is to be asked about, for the how-many-eth time."""

    payout_id: UUID
    tries: int


async def select_due_payouts(conn: Conn, at: datetime, *, limit: int) -> Sequence[Due]:
    """Queued payouts whose time has come, the first due first."""
    return [Due(*row) for row in await conn.fetch(STATEMENTS["select_due_payouts"], at, limit)]


async def insert_sending(conn: Conn, payout_id: UUID, rail: str, *, at: datetime) -> None:
    """Let a submitted payout be sent."""
    await conn.execute(STATEMENTS["insert_sending"], payout_id, rail, at)


async def claim_sendings(
    conn: Conn, rail: str, *, at: datetime, pause_s: float, pause_max_s: float, limit: int
) -> Sequence[Try]:
    """Payouts that the rail is to be asked about now, each try counted before it is made.

    The next one comes after `pause_s`, twice as much after each further one, up to `pause_max_s`.
    """
    rows = await conn.fetch(STATEMENTS["claim_sendings"], rail, at, pause_s, pause_max_s, limit)
    return [Try(*row) for row in rows]


async def update_accepted(conn: Conn, payout_id: UUID, *, at: datetime) -> None:
    """The rail has it: never order it again."""
    await conn.execute(STATEMENTS["update_accepted"], payout_id, at)


async def update_waiting(conn: Conn, payout_id: UUID, waits_for: str) -> None:
    """Say why it is not with the rail yet."""
    await conn.execute(STATEMENTS["update_waiting"], payout_id, waits_for)


async def select_waiting_for(conn: Conn, payout_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Why payouts are not with their rails yet; those with nothing to say are missing."""
    rows = await conn.fetch(STATEMENTS["select_waiting_for"], payout_ids)
    return {row["payout_id"]: row["waits_for"] for row in rows}


async def lock_cursor(conn: Conn, rail: str) -> int:
    """How far a rail's changes were read; nobody else reads them until the transaction ends."""
    return await conn.fetchval(STATEMENTS["lock_cursor"], rail)


async def find_cursor(conn: Conn, rail: str) -> int:
    """How far a rail's changes were read."""
    return await conn.fetchval(STATEMENTS["find_cursor"], rail) or 0


async def move_cursor(conn: Conn, rail: str, seq: int) -> None:
    """Everything up to there has had its effect."""
    await conn.execute(STATEMENTS["move_cursor"], rail, seq)


async def insert_change(
    conn: Conn, rail: str, change: Change, effect: Effect, *, at: datetime
) -> None:
    """Put on record what a rail has told, and what came of it."""
    await conn.execute(
        STATEMENTS["insert_change"],
        rail,
        change.seq,
        change.key,
        change.status,
        change.amount_minor,
        change.currency,
        change.reason,
        effect,
        at,
    )
