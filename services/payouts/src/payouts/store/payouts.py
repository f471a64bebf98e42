"""Payouts as they lie in the database, with the earnings that they take."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.agency import Commission
from payouts.domain.payout import (
    RELEASED,
    HistoryStep,
    Move,
    Payout,
    PayoutSource,
    PayoutStatus,
)
from payouts.domain.quote import Part

STATEMENTS = sql.load("payouts.store", "payouts.sql")


class Requested(NamedTuple):
    """What a creator has requested within a day and within a week, in the base currency."""

    day_minor: int
    week_minor: int


async def insert_payout(
    conn: Conn,
    payout: Payout,
    parts: Sequence[Part],
    commissions: Sequence[Commission] = (),
    *,
    hold_days: int = 0,
) -> bool:
    """Write a payout, take its earnings and split it; False, and nothing done, where the id is
    taken.

    The caller holds the locks of `lock_available`. Agencies wait `hold_days` for their commissions
    after the payout was paid.
    """
    return (
        await conn.fetchval(
            STATEMENTS["insert_payout"],
            payout.payout_id,
            payout.creator_id,
            payout.method_id,
            payout.requested_micro_diamonds,
            payout.micro_diamonds,
            payout.worth_minor,
            payout.worth_currency,
            payout.currency,
            payout.gross_minor,
            payout.fixed_fee_minor,
            payout.proportional_fee_minor,
            payout.net_minor,
            payout.nano_rate,
            payout.rate_source,
            payout.rate_observed_at,
            payout.terms_version,
            payout.requested_at,
            payout.due_at,
            [part.matures_on for part in parts],
            [part.rate_version for part in parts],
            [part.micro_diamonds for part in parts],
            payout.withheld_minor,
            payout.withheld_bps,
            payout.withholding_rule,
            payout.withholding_version,
            payout.tax_form_id,
            payout.correction_minor,
            payout.source,
            payout.commission_minor,
            [each.agency_id for each in commissions],
            [each.contract_id for each in commissions],
            [each.share_bps for each in commissions],
            [each.amount_minor for each in commissions],
            hold_days,
        )
        is not None
    )


async def find_payout(conn: Conn, payout_id: UUID) -> Payout | None:
    """A payout, whoever's."""
    row = await conn.fetchrow(STATEMENTS["find_payout"], payout_id)
    return None if row is None else payout_of(row)


async def update_payout(conn: Conn, payout: Payout, move: Move) -> bool:
    """Move a payout on and give the earnings back where it ends unpaid.

    False, and nothing done, where it is no longer as `payout` tells.
    """
    return (
        await conn.fetchval(
            STATEMENTS["update_payout"],
            payout.payout_id,
            payout.status,
            move.to,
            move.at,
            move.actor,
            move.reason,
            move.to in RELEASED,
        )
        is not None
    )


async def sum_requested(
    conn: Conn, creator_id: str, *, day_from: datetime, week_from: datetime
) -> Requested:
    """What a creator has requested since then, without what never left or came back."""
    row = await conn.fetchrow(STATEMENTS["sum_requested"], creator_id, day_from, week_from)
    assert row is not None, "sums answer with one row"
    return Requested(row["day_minor"], row["week_minor"])


async def select_waiting(
    conn: Conn, creator_id: str, *, method_id: UUID | None = None
) -> Sequence[Payout]:
    """A creator's payouts that can still be stopped, locked; all, or those to one method."""
    rows = await conn.fetch(STATEMENTS["select_waiting"], creator_id, method_id)
    return [payout_of(row) for row in rows]


async def select_payouts(
    conn: Conn,
    creator_id: str,
    *,
    position: tuple[datetime, UUID] | None,
    backward: bool,
    limit: int,
) -> Sequence[Payout]:
    """A creator's payouts beyond a position, newest first; backward: oldest first."""
    requested_at, payout_id = position or (None, None)
    name = "select_payouts_backward" if backward else "select_payouts"
    rows = await conn.fetch(STATEMENTS[name], creator_id, requested_at, payout_id, limit)
    return [payout_of(row) for row in rows]


async def select_history(conn: Conn, payout_ids: Sequence[UUID]) -> dict[UUID, list[HistoryStep]]:
    """What happened to payouts, in order."""
    found: dict[UUID, list[HistoryStep]] = {payout_id: [] for payout_id in payout_ids}
    for row in await conn.fetch(STATEMENTS["select_history"], payout_ids):
        found[row["payout_id"]].append(
            HistoryStep(PayoutStatus(row["status"]), row["at"], row["actor"], row["reason"])
        )
    return found


def payout_of(row: Record) -> Payout:
    """A row with all columns of a payout."""
    fields: dict[str, Any] = {
        **row,
        "status": PayoutStatus(row["status"]),
        "source": PayoutSource(row["source"]),
    }
    return Payout(**fields)
