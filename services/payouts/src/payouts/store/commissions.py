"""What agencies get of payouts, and what they are owed, as it lies in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from payouts.domain.agency import Commission

STATEMENTS = sql.load("payouts.store", "commissions.sql")


class Balance(NamedTuple):
    """What an agency is owed in a currency."""

    currency: str
    available_minor: int
    """Below zero what the agency owes: payouts came back of which it had been paid."""
    pending_minor: int
    """Of payouts that may still come back."""


class OfCreator(NamedTuple):
    """What an agency has earned of a creator's payouts."""

    creator_id: str
    currency: str
    amount_minor: int


async def find_available(conn: Conn, agency_id: str, currency: str, at: datetime) -> int:
    """What an agency can be paid at a moment; below zero what it owes."""
    return await conn.fetchval(STATEMENTS["find_available"], agency_id, currency, at)


async def select_balances(conn: Conn, agency_id: str, at: datetime) -> Sequence[Balance]:
    """What an agency is owed at a moment, by currency."""
    rows = await conn.fetch(STATEMENTS["select_balances"], agency_id, at)
    return [Balance(**row) for row in rows]


async def select_by_creator(conn: Conn, agency_id: str) -> Sequence[OfCreator]:
    """What an agency has earned, by creator and currency."""
    return [
        OfCreator(**row) for row in await conn.fetch(STATEMENTS["select_by_creator"], agency_id)
    ]


async def select_of_payouts(conn: Conn, payout_ids: Sequence[UUID]) -> dict[UUID, list[Commission]]:
    """How payouts are split; nothing of those that are not."""
    found: dict[UUID, list[Commission]] = {payout_id: [] for payout_id in payout_ids}
    for row in await conn.fetch(STATEMENTS["select_of_payouts"], payout_ids):
        found[row["payout_id"]].append(
            Commission(row["agency_id"], row["contract_id"], row["share_bps"], row["amount_minor"])
        )
    return found
