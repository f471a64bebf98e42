"""Tell creators what of their diamonds is pending and available, whenever that has changed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from chassis import outbox
from chassis.db import Conn
from chassis.outbox import Outgoing
from contracts.payouts.v1 import EarningsChanged
from payouts.domain.earnings import EarningsState
from payouts.store import earnings

STREAM: Final = "maturity"
"""Of the outbox, for what changes by the clock alone: no request waits for its lock."""


def earnings_changed(state: EarningsState, at: datetime) -> EarningsChanged:
    """What is published of a state that was written at a moment."""
    return EarningsChanged(
        creator_id=state.creator_id,
        version=state.version,
        pending_micro_diamonds=state.pending_micro_diamonds,
        available_micro_diamonds=state.available_micro_diamonds,
        as_of=at,
    )


async def figure_earnings(
    conn: Conn, creator_ids: Iterable[str], *, at: datetime
) -> list[EarningsChanged]:
    """Add up what creators have now; what this returns has to be published by the transaction.

    The caller has held the creators' locks since before it changed any of their buckets.
    """
    states = await earnings.figure(conn, creator_ids, at.astimezone(UTC).date())
    return [earnings_changed(state, at) for state in states.values()]


async def tell_matured(conn: Conn, *, at: datetime, limit: int) -> int:
    """Tell creators what has matured without anything else having happened to them.

    Locks: creators that nobody else is at.

    Args:
        conn: An open transaction.
        at: Now.
        limit: How many creators, at most.

    Returns:
        How many were told.
    """
    found = await earnings.lock_matured(conn, at.astimezone(UTC).date(), limit=limit)
    if not found:
        return 0
    outgoing = Outgoing()
    for event in await figure_earnings(conn, found, at=at):
        outgoing.add(event)
    await outbox.append(conn, {STREAM: outgoing})
    return len(found)
