"""Put on record what was found out about a creator, and act on it."""

from typing import NamedTuple

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.move_payout import move_payout
from payouts.domain.payout import Move, PayoutStatus
from payouts.domain.review import Review, Standing
from payouts.store import payouts, reviews


class Reviewed(NamedTuple):
    """What counts after a review."""

    standing: Standing
    held: int
    """Payouts that it has stopped."""


async def review_creator(conn: Conn, review: Review) -> Reviewed:
    """Keep a finding; payouts that wait to be sent are held while it stands (E35).

    A finding in the creator's favour releases nothing by itself: somebody decides on each payout.

    Locks: the creator, the waiting payouts.
    """
    await reviews.lock_creator(conn, review.creator_id)
    await reviews.insert_review(conn, review)
    standing = await reviews.find_standing(conn, review.creator_id)
    held = 0
    if standing.holds is not None:
        move = Move(PayoutStatus.HELD, review.reviewed_at, review.reviewed_by, standing.holds)
        for payout in await payouts.select_waiting(conn, review.creator_id):
            if payout.can_become(PayoutStatus.HELD) and await move_payout(conn, payout, move):
                held += 1
    await operators.record(
        conn,
        Act(review.reviewed_by, review.reason, review.reviewed_at),
        "reviewCreator",
        review.creator_id,
        {"decision": review.decision, "held_payouts": held},
    )
    return Reviewed(standing, held)
