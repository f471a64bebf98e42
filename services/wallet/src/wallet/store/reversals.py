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


async def insert_reversal(conn: Conn, reversal: Reversal, legs: Sequence[Leg]) -> None:
    """Add a reversal with its legs, in the order of the waterfall."""
    await conn.execute(
        STATEMENTS["insert_reversal"],
        reversal.reversal_id,
        reversal.purchase_id,
        reversal.claim,
        reversal.amount_minor,
        reversal.coins,
        reversal.policy_version,
        reversal.is_held,
        reversal.actor,
        reversal.note,
        reversal.booked_at,
    )
    if legs:
        await conn.execute(
            STATEMENTS["insert_legs"],
            reversal.reversal_id,
            [leg.kind for leg in legs],
            [leg.coins for leg in legs],
            [leg.lot_id for leg in legs],
            [leg.party for leg in legs],
            [leg.charge_id for leg in legs],
        )


async def count_reversals(conn: Conn, purchase_id: UUID, claim: str) -> int:
    """How often something was booked for a claim."""
    return await conn.fetchval(STATEMENTS["count_reversals"], purchase_id, claim) or 0


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
