"""Act on held payouts on which nobody has decided in time (E35)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from chassis.db import Conn
from payouts.commands.move_payout import move_payouts
from payouts.domain.payout import REVIEW_OVERDUE, Move, Payout, PayoutStatus
from payouts.domain.terms import Terms
from payouts.store import holds, payouts, reviews
from payouts.store.holds import Held
from payouts.store.terms import find_terms_in_force

ACTOR: Final = "hold_review"


class Settled(NamedTuple):
    """What was done about some of them."""

    escalated: Sequence[Payout]
    """They wait for an operator, and nobody had been told so."""
    returned: Sequence[Payout]
    """Their diamonds are the creators' again."""
    last: Held | None
    """Where to go on; None where there are no more."""


async def settle_overdue_holds(
    conn: Conn, *, at: datetime, after: Held | None, limit: int
) -> Settled:
    """Give back what the terms in force give back, and have everything else looked at.

    Nobody is told twice, and an operator who decides at the same moment takes turns with this: the
    one finds what the other has left. Without terms, or where they set no time, nothing is overdue.

    Locks: the creators in the order of their ids, then payouts and their buckets.

    Args:
        conn: An open transaction.
        at: Now.
        after: Where to go on, from the call before.
        limit: How many to look at.
    """
    terms = await find_terms_in_force(conn, at)
    since = None if terms is None else terms.overdue_if_held_since(at)
    if terms is None or since is None:
        return Settled((), (), None)
    overdue = await holds.select_held(conn, since, after=after, limit=limit)
    for creator_id in sorted({each.creator_id for each in overdue}):
        await reviews.lock_creator(conn, creator_id)
    escalated: list[Payout] = []
    returned: list[Payout] = []
    # Moves come last: they take the outbox's lock.
    for each in overdue:
        payout = await payouts.find_payout(conn, each.payout_id)
        assert payout is not None, "payouts are never deleted"
        if payout.status is not PayoutStatus.HELD or payout.moved_at > since:
            continue
        if await _is_given_back(conn, terms, payout):
            returned.append(payout)
        elif await holds.insert_escalation(conn, payout, at=at):
            escalated.append(payout)
    move = Move(PayoutStatus.CANCELED, at, ACTOR, REVIEW_OVERDUE)
    moved = await move_payouts(conn, returned, move)
    assert len(moved) == len(returned), "whoever moves a held payout has the creator's lock"
    return Settled(escalated, returned, overdue[-1] if len(overdue) == limit else None)


async def _is_given_back(conn: Conn, terms: Terms, payout: Payout) -> bool:
    standing = await reviews.find_standing(conn, payout.creator_id)
    return terms.gives_back(payout.reason, standing)
