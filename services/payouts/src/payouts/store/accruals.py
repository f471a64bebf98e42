"""The journal: one accrual per gift, never changed."""

from collections.abc import Collection, Sequence
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record, copy_rows
from payouts.domain.accrual import Accrual
from payouts.store import accrual_copy

STATEMENTS = sql.load("payouts.store", "accruals.sql")


async def select_accruals(conn: Conn, gift_ids: Sequence[UUID]) -> dict[UUID, Accrual]:
    """The accruals of those gifts that have one."""
    rows = await conn.fetch(STATEMENTS["select_accruals"], gift_ids)
    return {row["gift_id"]: _accrual(row) for row in rows}


async def insert_accruals(conn: Conn, accruals: Collection[Accrual]) -> None:
    """Add accruals of gifts that have none."""
    await copy_rows(conn, "accrual", accrual_copy.COLUMNS, accrual_copy.encode(accruals))


def _accrual(row: Record) -> Accrual:
    return Accrual(
        gift_id=row["gift_id"],
        creator_id=row["creator_id"],
        coins=row["coins"],
        micro_diamonds=row["micro_diamonds"],
        rate_version=row["rate_version"],
        sent_at=row["sent_at"],
        lot_ids=tuple(row["lot_ids"]),
        lot_classes=tuple(row["lot_classes"]),
        slice_coins=tuple(row["slice_coins"]),
        slice_micro_diamonds=tuple(row["slice_micro_diamonds"]),
        matures_on=tuple(row["matures_on"]),
        sender_id=row["sender_id"],
        item_id=row["item_id"],
    )
