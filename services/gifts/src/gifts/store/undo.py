"""Gifts that are undone: by their senders, or by operators because their creators froze them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from contracts.wallet.v1 import UndoReason

STATEMENTS = sql.load("gifts.store", "undo.sql")


class AskedUndo(NamedTuple):
    """That a gift is to be undone."""

    asked_at: datetime
    reason: UndoReason


async def lock_gifts(conn: Conn, gift_ids: Sequence[UUID]) -> None:
    """Keep gifts as they are until the transaction ends."""
    await conn.execute(STATEMENTS["lock_gifts"], gift_ids)


async def insert_undos(
    conn: Conn, gift_ids: Sequence[UUID], reason: UndoReason, asked_at: datetime
) -> None:
    """Note that gifts, which are locked, are to be undone."""
    await conn.execute(STATEMENTS["insert_undos"], gift_ids, reason, asked_at)


async def select_undos(conn: Conn, gift_ids: Sequence[UUID]) -> dict[UUID, AskedUndo]:
    """Which of these gifts are to be undone."""
    rows = await conn.fetch(STATEMENTS["select_undos"], gift_ids)
    return {row["gift_id"]: AskedUndo(row["asked_at"], row["reason"]) for row in rows}
