"""Charges that are given back to who was charged."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from contracts.wallet.v1 import UndoReason
from wallet.domain.reinstatement import TakenLeg
from wallet.domain.reversal import Leg
from wallet.domain.undo import ClaimedLeg

STATEMENTS = sql.load("wallet.store", "undos.sql")


class UndoneLeg(NamedTuple):
    """What goes back to one of the lots that had paid; the fields are columns."""

    coins: int
    lot_id: int
    is_expired: bool
    """The lot has expired: its coins stay where expired coins are."""


class Undone(NamedTuple):
    """A charge that is undone."""

    reversal_id: UUID
    charge_id: UUID
    account_id: int
    version: int
    """Of the account, after it."""
    payer_id: str
    actor: str
    """Who undoes it."""
    order_key: str
    """Of the charge."""
    reason: UndoReason
    asked_at: datetime
    legs: Sequence[UndoneLeg]

    @property
    def coins(self) -> int:
        """Of all legs."""
        return sum(leg.coins for leg in self.legs)


async def select_undone(conn: Conn, charge_ids: Collection[UUID]) -> set[UUID]:
    """Of these charges those that are undone."""
    rows = await conn.fetch(STATEMENTS["select_undone"], list(charge_ids))
    return {row["charge_id"] for row in rows}


async def select_legs_of_lots(conn: Conn, lot_ids: Collection[int]) -> list[ClaimedLeg]:
    """What is taken back of lots with their payments, in the order in which it was booked."""
    rows = await conn.fetch(STATEMENTS["select_legs_of_lots"], list(lot_ids))
    return [
        ClaimedLeg(row[0], row[1], row[2], TakenLeg(row[3], row[4], row[5], Leg(*row[6:])))
        for row in rows
    ]


async def insert_undos(
    conn: Conn, undone: Sequence[Undone], *, policy_version: int, at: datetime
) -> None:
    """Note charges as undone, with the reversals that they are."""
    legs = [(each, position, leg) for each in undone for position, leg in enumerate(each.legs)]
    await conn.execute(
        STATEMENTS["insert_undos"],
        [each.reversal_id for each in undone],
        [each.charge_id for each in undone],
        [each.account_id for each in undone],
        [each.version for each in undone],
        [each.coins for each in undone],
        policy_version,
        [each.actor for each in undone],
        [each.reason for each in undone],
        [each.asked_at for each in undone],
        at,
        [each.reversal_id for each, _, _ in legs],
        [position for _, position, _ in legs],
        [leg.coins for _, _, leg in legs],
        [leg.lot_id for _, _, leg in legs],
        [each.order_key for each, _, _ in legs],
        [each.charge_id for each, _, _ in legs],
        [leg.is_expired for _, _, leg in legs],
    )
