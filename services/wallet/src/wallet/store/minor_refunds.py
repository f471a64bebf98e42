"""Refunds of what minors spent in a range of time, and the charges that they are about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.minor_refund import MinorRefundPlan, Part
from wallet.domain.reversal import Leg, Plan

STATEMENTS = sql.load("wallet.store", "minor_refunds.sql")


class MinorRefund(NamedTuple):
    """A booked refund; the fields are the columns."""

    refund_id: UUID
    user_id: str
    range_from: datetime
    range_to: datetime
    share_bps: int
    coins: int
    digest: str
    operator_id: str
    note: str
    booked_at: datetime


async def select_charges_in_range(
    conn: Conn, owner_id: str, range_from: datetime, range_to: datetime
) -> Mapping[UUID, frozenset[UUID]]:
    """By purchase, what its lots paid from one moment on and before another; of nobody, nothing."""
    charges: dict[UUID, set[UUID]] = {}
    for charge_id, purchase_id in await conn.fetch(
        STATEMENTS["select_charges_in_range"], owner_id, range_from, range_to
    ):
        charges.setdefault(purchase_id, set()).add(charge_id)
    return {purchase_id: frozenset(ids) for purchase_id, ids in charges.items()}


async def insert_refund(conn: Conn, refund: MinorRefund, reversal_ids: Sequence[UUID]) -> bool:
    """Add a refund with its parts, whose reversals are there; False where its id is taken."""
    if await conn.fetchval(STATEMENTS["insert_refund"], *refund) is None:
        return False
    await conn.execute(STATEMENTS["insert_parts"], refund.refund_id, reversal_ids)
    return True


async def find_refund(conn: Conn, refund_id: UUID) -> MinorRefund | None:
    """The refund of that id."""
    row = await conn.fetchrow(STATEMENTS["find_refund"], refund_id)
    return None if row is None else MinorRefund(*row)


async def select_plan(conn: Conn, refund_id: UUID) -> MinorRefundPlan:
    """What was booked of a refund, as it had been planned."""
    legs: dict[UUID, list[Leg]] = {}
    for reversal_id, *leg in await conn.fetch(STATEMENTS["select_legs_of_parts"], refund_id):
        legs.setdefault(reversal_id, []).append(Leg(*leg))
    parts = await conn.fetch(STATEMENTS["select_parts"], refund_id)
    return MinorRefundPlan(
        [
            Part(purchase_id, currency, Plan(amount_minor, policy_version, legs[reversal_id]))
            for reversal_id, purchase_id, currency, amount_minor, policy_version in parts
        ]
    )
