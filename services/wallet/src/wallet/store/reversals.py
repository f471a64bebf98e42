"""Reversals and their legs."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.claims import ClaimKind
from wallet.domain.lots import LotClass
from wallet.domain.reversal import Leg
from wallet.store.arrays import integers

STATEMENTS = sql.load("wallet.store", "reversals.sql")


class Reversal(NamedTuple):
    """A booked reversal; the fields are the columns, and its claim's kind."""

    reversal_id: UUID
    purchase_id: UUID
    claim: str
    kind: ClaimKind
    amount_minor: int
    coins: int
    policy_version: int
    is_held: bool
    actor: str
    note: str | None
    booked_at: datetime


class HeldCoins(NamedTuple):
    """What a held reversal has taken of one class of lot; None where it took nothing."""

    reversal_id: UUID
    lot_class: LotClass | None
    coins: int


async def insert_reversals(conn: Conn, planned: Sequence[tuple[Reversal, Sequence[Leg]]]) -> None:
    """Add reversals, at least one, each with its legs in the order of the waterfall."""
    reversals = [each for each, _ in planned]
    legs = [
        (each.reversal_id, position, leg)
        for each, its_legs in planned
        for position, leg in enumerate(its_legs)
    ]
    await conn.execute(
        STATEMENTS["insert_reversals"],
        [each.reversal_id for each in reversals],
        [each.purchase_id for each in reversals],
        [each.claim for each in reversals],
        integers([each.amount_minor for each in reversals]),
        integers([each.coins for each in reversals]),
        integers([each.policy_version for each in reversals]),
        [each.is_held for each in reversals],
        [each.actor for each in reversals],
        [each.note for each in reversals],
        [each.booked_at for each in reversals],
        [reversal_id for reversal_id, _, _ in legs],
        integers([position for _, position, _ in legs]),
        [leg.kind for _, _, leg in legs],
        integers([leg.coins for _, _, leg in legs]),
        integers([leg.lot_id for _, _, leg in legs]),
        [leg.party for _, _, leg in legs],
        [leg.charge_id for _, _, leg in legs],
    )


async def find_reversal(conn: Conn, reversal_id: UUID) -> Reversal | None:
    """The reversal of that id."""
    row = await conn.fetchrow(STATEMENTS["find_reversal"], reversal_id)
    return None if row is None else Reversal(*row)


async def select_legs(conn: Conn, reversal_id: UUID) -> list[Leg]:
    """The legs of a reversal, in the order of the waterfall."""
    return [Leg(*row) for row in await conn.fetch(STATEMENTS["select_legs"], reversal_id)]


async def select_held(conn: Conn, purchase_id: UUID, claim: str) -> list[HeldCoins]:
    """What is held for a claim, by reversal and class of lot."""
    rows = await conn.fetch(STATEMENTS["select_held"], purchase_id, claim)
    return [HeldCoins(*row) for row in rows]


async def insert_settled(conn: Conn, reversal_ids: Sequence[UUID], settled_at: datetime) -> None:
    """Note that held reversals are decided: what they took stays taken."""
    await conn.execute(STATEMENTS["insert_settled"], reversal_ids, settled_at)
