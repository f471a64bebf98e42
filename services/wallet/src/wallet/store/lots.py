"""Lots: immutable rows, and the list of those that will expire."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.lots import Lot, LotClass

STATEMENTS = sql.load("wallet.store", "lots.sql")


async def select_lots(conn: Conn, lot_ids: Sequence[int]) -> dict[int, Lot]:
    """Lots by id."""
    if not lot_ids:
        return {}
    rows = await conn.fetch(STATEMENTS["select_lots"], lot_ids)
    return {row[0]: Lot(row[0], row[1], row[2], row[3]) for row in rows}


async def insert_lot(
    conn: Conn,
    *,
    account_id: int,
    lot_class: LotClass,
    coins: int,
    acquired_at: datetime,
    refundable_until: datetime,
    expires_at: datetime | None,
    movement_id: UUID,
    source_kind: str,
    source_id: UUID,
) -> Lot:
    """Add a lot."""
    lot_id = await conn.fetchval(
        STATEMENTS["insert_lot"],
        account_id,
        lot_class,
        coins,
        acquired_at,
        refundable_until,
        expires_at,
        movement_id,
        source_kind,
        source_id,
    )
    return Lot(lot_id, lot_class, refundable_until, expires_at)


async def select_accounts_to_expire(conn: Conn, at: datetime, *, lots_max: int) -> list[int]:
    """Accounts that had lots which have expired by `at` and are not swept yet."""
    rows = await conn.fetch(STATEMENTS["select_lots_to_expire"], at, lots_max)
    return sorted({row["account_id"] for row in rows})


async def delete_lots_to_expire(conn: Conn, at: datetime, account_ids: Sequence[int]) -> None:
    """Note that the accounts' lots which had expired by `at` are booked."""
    await conn.execute(STATEMENTS["delete_lots_to_expire"], at, account_ids)
