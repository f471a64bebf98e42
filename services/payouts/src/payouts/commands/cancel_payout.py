"""Take a payout back before it is sent."""

from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from payouts.commands.move_payout import move_payout
from payouts.domain.payout import (
    CANCELED_BY_CREATOR,
    CREATOR_MAY_CANCEL,
    Move,
    Payout,
    PayoutStatus,
)
from payouts.domain.refusals import PayoutNotCancelableError, PayoutUnknownError
from payouts.store import payouts, reviews


async def cancel_payout(
    conn: Conn, payout_id: UUID, creator_id: str, *, at: datetime, traceparent: str | None = None
) -> Payout:
    """Cancel a payout of the creator's own; its diamonds are available again.

    It and sending exclude each other (E56): both move the payout away from where it waits, and only
    one of them finds it there. A payout that is canceled already is returned as it is.

    Raises:
        PayoutUnknownError: No such payout, or somebody else's.
        PayoutNotCancelableError: Sent, ended, or held for review.

    Locks: the creator, the payout, its buckets.
    """
    await reviews.lock_creator(conn, creator_id)
    payout = await payouts.find_payout(conn, payout_id)
    if payout is None or payout.creator_id != creator_id:
        raise PayoutUnknownError
    if payout.status is PayoutStatus.CANCELED:
        return payout
    if payout.status not in CREATOR_MAY_CANCEL:
        raise PayoutNotCancelableError(status=payout.status)
    move = Move(PayoutStatus.CANCELED, at, creator_id, CANCELED_BY_CREATOR)
    canceled = await move_payout(conn, payout, move, traceparent=traceparent)
    if canceled is None:
        now = await payouts.find_payout(conn, payout_id)
        assert now is not None, "payouts are never deleted"
        raise PayoutNotCancelableError(status=now.status)
    return canceled
