"""Reinstatements, and what there is to give back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.lots import Lot
from wallet.domain.reinstatement import TakenLeg
from wallet.domain.reversal import Leg

STATEMENTS = sql.load("wallet.store", "reinstatements.sql")


class Reinstatement(NamedTuple):
    """A booked reinstatement; the fields are the columns."""

    reinstatement_id: UUID
    purchase_id: UUID
    claim: str
    amount_minor: int
    coins: int
    actor: str
    booked_at: datetime


class ReturnedLeg(NamedTuple):
    """A leg of which something was given back."""

    taken: TakenLeg
    """With as many coins as were given back."""
    is_expired: bool
    """The lot had expired: the coins are where they would be had nothing been taken."""


async def insert_reinstatement(
    conn: Conn, reinstatement: Reinstatement, legs: Sequence[ReturnedLeg]
) -> None:
    """Add a reinstatement with what it gives back."""
    await conn.execute(STATEMENTS["insert_reinstatement"], *reinstatement)
    if legs:
        await conn.execute(
            STATEMENTS["insert_legs"],
            reinstatement.reinstatement_id,
            [leg.taken.reversal_id for leg in legs],
            [leg.taken.position for leg in legs],
            [leg.taken.leg.coins for leg in legs],
            [leg.is_expired for leg in legs],
        )


async def count_reinstatements(conn: Conn, purchase_id: UUID, claim: str) -> int:
    """How often something was given back of a claim."""
    return await conn.fetchval(STATEMENTS["count_reinstatements"], purchase_id, claim) or 0


async def select_taken_legs(conn: Conn, purchase_id: UUID, claim: str) -> list[TakenLeg]:
    """What a claim has taken and not given back, in the order in which it was booked."""
    rows = await conn.fetch(STATEMENTS["select_taken_legs"], purchase_id, claim)
    return [TakenLeg(row[0], row[1], row[2], Leg(*row[3:])) for row in rows]


async def select_repaid(conn: Conn, account_id: int) -> list[tuple[Lot, int]]:
    """Lots out of which an account has repaid debt and how much, the latest first."""
    rows = await conn.fetch(STATEMENTS["select_repaid"], account_id)
    return [(Lot(*row[:4]), row[4]) for row in rows]
