"""Gifts that their senders undo."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("gifts.store", "undo.sql")


async def lock_gift(conn: Conn, gift_id: UUID) -> None:
    """Keep a gift as it is until the transaction ends."""
    await conn.execute(STATEMENTS["lock_gift"], gift_id)


async def insert_undo(conn: Conn, gift_id: UUID, asked_at: datetime) -> None:
    """Note that a gift, which is locked, is to be undone."""
    await conn.execute(STATEMENTS["insert_undo"], gift_id, asked_at)


async def select_undos(conn: Conn, gift_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When these gifts were asked to be undone, those that were."""
    rows = await conn.fetch(STATEMENTS["select_undos"], gift_ids)
    return {row["gift_id"]: row["asked_at"] for row in rows}
