"""Put on record what a reviewer says of a creator, and act on it: the one way through the gate."""

from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from payouts.commands.move_payout import move_payout
from payouts.domain.payout import Move, PayoutStatus
from payouts.domain.review import Review, Reviewer, Standing
from payouts.store import payouts, reviews


class Reviewed(NamedTuple):
    """What counts after a review."""

    standing: Standing
    held: int
    """Payouts that it has stopped."""


async def record_findings[Said](
    conn: Conn, creator_id: str, reviewer: Reviewer[Said], said: Said, *, at: datetime
) -> Reviewed:
    """Keep what is new; payouts that wait to be sent are held while it stands (C45, E35).

    A finding in the creator's favour releases nothing by itself: somebody decides on each payout.

    Locks: the creator, the waiting payouts.
    """
    await reviews.lock_creator(conn, creator_id)
    known = await reviews.find_known(conn, creator_id, reviewer.name)
    findings = reviewer.findings(said, known)
    for found in findings:
        review = Review(creator_id, found.decision, found.reason, reviewer.name, at)
        await reviews.insert_review(conn, review)
    standing = await reviews.find_standing(conn, creator_id)
    held = 0
    if findings and standing.holds is not None:
        move = Move(PayoutStatus.HELD, at, reviewer.name, standing.holds)
        for payout in await payouts.select_waiting(conn, creator_id):
            if payout.can_become(PayoutStatus.HELD) and await move_payout(conn, payout, move):
                held += 1
    return Reviewed(standing, held)
