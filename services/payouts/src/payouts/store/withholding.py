"""The journal of what was withheld. Payouts write their own entries as they move."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from payouts.domain.payout import Payout

STATEMENTS = sql.load("payouts.store", "withholding.sql")


class Withheld(NamedTuple):
    """What the tax office is owed of a payout."""

    tax_year: int
    tax_minor: int


class OfYear(NamedTuple):
    """What the tax office is owed of a creator's payouts of a year."""

    tax_year: int
    currency: str
    tax_minor: int


class Due(NamedTuple):
    """What a creator is owed; below zero what they owe."""

    currency: str
    creator_minor: int


async def find_due(conn: Conn, creator_id: str, currency: str) -> int:
    """What a creator is owed of what was withheld; below zero what they owe."""
    return await conn.fetchval(STATEMENTS["find_due"], creator_id, currency)


async def find_withheld(conn: Conn, payout_id: UUID) -> Withheld | None:
    """What is owed of a payout; None where nothing ever was."""
    row = await conn.fetchrow(STATEMENTS["find_withheld"], payout_id)
    return None if row is None else Withheld(**row)


async def find_correction(conn: Conn, payout_id: UUID, form_id: UUID) -> int | None:
    """What a payout was corrected by on the ground of a form; None: it was not."""
    return await conn.fetchval(STATEMENTS["find_correction"], payout_id, form_id)


async def insert_correction(
    conn: Conn,
    payout: Payout,
    *,
    tax_year: int,
    amount_minor: int,
    form_id: UUID,
    at: datetime,
) -> None:
    """Let an amount be the creator's that was the tax office's."""
    await conn.execute(
        STATEMENTS["insert_correction"],
        payout.creator_id,
        payout.currency,
        payout.payout_id,
        tax_year,
        amount_minor,
        form_id,
        at,
    )


async def select_withheld_payouts(conn: Conn, creator_id: str, tax_year: int) -> Sequence[UUID]:
    """A creator's paid payouts of a year of which something is owed, oldest first."""
    rows = await conn.fetch(STATEMENTS["select_withheld_payouts"], creator_id, tax_year)
    return [row["payout_id"] for row in rows]


async def select_years(conn: Conn, creator_id: str) -> Sequence[OfYear]:
    """What is owed of a creator's payouts, newest year first."""
    return [OfYear(**row) for row in await conn.fetch(STATEMENTS["select_years"], creator_id)]


async def select_due(conn: Conn, creator_id: str) -> Sequence[Due]:
    """What a creator is owed, by currency."""
    return [Due(**row) for row in await conn.fetch(STATEMENTS["select_due"], creator_id)]
