"""Gifts that were accepted and announced, and that a restored database does not know."""

from collections.abc import Sequence
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift
from gifts.store.gift import columns_of

STATEMENTS = sql.load("gifts.store", "recovery.sql")


async def select_unknown(conn: Conn, gift_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that no gift has."""
    rows = await conn.fetch(STATEMENTS["select_unknown"], gift_ids)
    return {row["gift_id"] for row in rows}


async def insert_recovered(
    conn: Conn, gifts: Sequence[Gift], hashes: Sequence[bytes], payers: Sequence[Payer]
) -> set[UUID]:
    """Write gifts whose id is free, PENDING and whatever their creators take now; their ids."""
    rows = await conn.fetch(STATEMENTS["insert_recovered"], *columns_of(gifts, hashes, payers))
    return {row["gift_id"] for row in rows}
