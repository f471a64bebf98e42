"""Purchases: one row each, moved on from status to status."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.purchase import Purchase
from wallet.domain.purchase_status import PurchaseStatus

STATEMENTS = sql.load("wallet.store", "purchases.sql")


async def insert_purchase(conn: Conn, purchase: Purchase) -> bool:
    """Add a purchase; False where its id is taken."""
    added = await conn.fetchval(
        STATEMENTS["insert_purchase"],
        purchase.purchase_id,
        purchase.user_id,
        purchase.provider,
        purchase.bundle_id,
        purchase.price_book_version,
        purchase.coins,
        purchase.bonus_coins,
        purchase.amount_minor,
        purchase.currency,
        purchase.seller,
        purchase.refund_window_days,
        purchase.bonus_expires_after_days,
        purchase.created_at,
    )
    return added is not None


async def find_purchase(conn: Conn, purchase_id: UUID) -> Purchase | None:
    """The purchase of that id."""
    row = await conn.fetchrow(STATEMENTS["find_purchase"], purchase_id)
    return None if row is None else Purchase(*row)


class Had(NamedTuple):
    """How many purchases a buyer has that are paid or may still be."""

    of_bundle: int
    of_any: int


async def lock_buyer(conn: Conn, user_id: str) -> None:
    """Keep other orders of this buyer out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_buyer"], user_id)


async def count_purchases(conn: Conn, user_id: str, bundle_id: str, *, open_since: datetime) -> Had:
    """What a buyer has bought, be it refunded since, and what they ordered after `open_since`."""
    row = await conn.fetchrow(STATEMENTS["count_purchases"], user_id, bundle_id, open_since)
    assert row is not None, "an aggregate has one row"
    return Had(*row)


async def select_purchases(conn: Conn, purchase_ids: Collection[UUID]) -> dict[UUID, Purchase]:
    """Purchases by id, in its order."""
    rows = await conn.fetch(STATEMENTS["select_purchases"], purchase_ids)
    return {row["purchase_id"]: Purchase(*row) for row in rows}


async def lock_purchases(conn: Conn, purchase_ids: Collection[UUID]) -> dict[UUID, Purchase]:
    """The same, with their rows locked until the transaction ends."""
    rows = await conn.fetch(STATEMENTS["lock_purchases"], purchase_ids)
    return {row["purchase_id"]: Purchase(*row) for row in rows}


async def lock_purchase(conn: Conn, purchase_id: UUID) -> Purchase | None:
    """The purchase of that id, with its row locked until the transaction ends."""
    return (await lock_purchases(conn, [purchase_id])).get(purchase_id)


async def update_to_pending(
    conn: Conn, purchase_id: UUID, *, payment_id: str | None, checkout_url: str
) -> None:
    """Note where the viewer pays."""
    await conn.execute(STATEMENTS["update_to_pending"], purchase_id, payment_id, checkout_url)


async def update_to_declined(conn: Conn, purchase_id: UUID, *, payment_id: str | None) -> None:
    """The provider took no money."""
    await conn.execute(STATEMENTS["update_to_declined"], purchase_id, payment_id)


async def update_to_paid(
    conn: Conn, purchase_id: UUID, *, payment_id: str, paid_at: datetime
) -> None:
    """The provider has the money."""
    await conn.execute(STATEMENTS["update_to_paid"], purchase_id, payment_id, paid_at)


async def update_to_credited(conn: Conn, purchase_id: UUID, *, credited_at: datetime) -> None:
    """The viewer has the coins."""
    await conn.execute(STATEMENTS["update_to_credited"], purchase_id, credited_at)


async def update_statuses(conn: Conn, statuses: Mapping[UUID, PurchaseStatus]) -> None:
    """Move credited purchases on to where their claims have brought them."""
    await conn.execute(STATEMENTS["update_statuses"], list(statuses), list(statuses.values()))


async def lock_payments(conn: Conn, provider: str, payment_ids: Collection[str]) -> None:
    """Keep whoever else claims these payments out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_payments"], provider, payment_ids)


async def select_purchases_of_payments(
    conn: Conn, provider: str, payment_ids: Collection[str]
) -> dict[str, UUID]:
    """By payment, the purchase that it paid, or is to pay; payments of none are left out."""
    rows = await conn.fetch(STATEMENTS["select_purchases_of_payments"], provider, payment_ids)
    return {row["payment_id"]: row["purchase_id"] for row in rows}
