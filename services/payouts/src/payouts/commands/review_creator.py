"""Put on record what an operator has found out about a creator, and act on it."""

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.record_findings import Reviewed, record_findings
from payouts.domain.review import Found, OperatorReviewer, Review


async def review_creator(conn: Conn, review: Review) -> Reviewed:
    """Keep a finding, and that the operator has found it; see `record_findings`.

    Locks: the creator, the waiting payouts.
    """
    reviewed = await record_findings(
        conn,
        review.creator_id,
        OperatorReviewer(review.reviewed_by),
        Found(review.decision, review.reason),
        at=review.reviewed_at,
    )
    await operators.record(
        conn,
        Act(review.reviewed_by, review.reason, review.reviewed_at),
        "reviewCreator",
        review.creator_id,
        {"decision": review.decision, "held_payouts": reviewed.held},
    )
    return reviewed
