"""The one place in which payouts move, and tell of it."""

from typing import assert_never

import msgspec

from chassis import outbox
from chassis.db import Conn
from contracts.payouts.v1 import (
    PayoutCanceled,
    PayoutFailed,
    PayoutPaid,
    PayoutRequested,
    PayoutReturned,
    PayoutSubmitted,
)
from payouts.domain.payout import Move, Payout, PayoutStatus
from payouts.store import payouts

type _Told = (
    PayoutCanceled | PayoutFailed | PayoutPaid | PayoutRequested | PayoutReturned | PayoutSubmitted
)


async def move_payout(
    conn: Conn, payout: Payout, move: Move, *, traceparent: str | None = None
) -> Payout | None:
    """Move a payout on, publish what outsiders should hear of it, and return it as it is then.

    None, and nothing done, where somebody else moved it first.

    Args:
        conn: An open transaction. Call this last: it takes the outbox's lock.
        payout: As it was read.
        move: Allowed from where the payout is.
        traceparent: The trace that events carry on.
    """
    assert payout.can_become(move.to), (payout.status, move.to)
    if not await payouts.update_payout(conn, payout, move):
        return None
    moved = msgspec.structs.replace(
        payout, status=move.to, moved_at=move.at, moved_by=move.actor, reason=move.reason
    )
    event = told(moved)
    if event is not None:
        await outbox.record(conn, event, traceparent=traceparent)
    return moved


def told(payout: Payout) -> _Told | None:
    """What is published of a payout that has just got its status.

    That it is queued or held concerns only the house.
    """
    match payout.status:
        case PayoutStatus.REQUESTED:
            return PayoutRequested(
                payout_id=payout.payout_id,
                creator_id=payout.creator_id,
                micro_diamonds=payout.micro_diamonds,
                currency=payout.currency,
                gross_minor=payout.gross_minor,
                net_minor=payout.net_minor,
                at=payout.moved_at,
            )
        case PayoutStatus.HELD | PayoutStatus.QUEUED:
            return None
        case PayoutStatus.SUBMITTED:
            return PayoutSubmitted(
                payout_id=payout.payout_id,
                creator_id=payout.creator_id,
                micro_diamonds=payout.micro_diamonds,
                at=payout.moved_at,
            )
        case PayoutStatus.PAID:
            return PayoutPaid(
                payout_id=payout.payout_id,
                creator_id=payout.creator_id,
                micro_diamonds=payout.micro_diamonds,
                currency=payout.currency,
                net_minor=payout.net_minor,
                at=payout.moved_at,
            )
        case PayoutStatus.CANCELED:
            return PayoutCanceled(
                payout_id=payout.payout_id,
                creator_id=payout.creator_id,
                micro_diamonds=payout.micro_diamonds,
                at=payout.moved_at,
                reason=_reason(payout),
            )
        case PayoutStatus.FAILED:
            return PayoutFailed(
                payout_id=payout.payout_id,
                creator_id=payout.creator_id,
                micro_diamonds=payout.micro_diamonds,
                at=payout.moved_at,
                reason=_reason(payout),
            )
        case PayoutStatus.RETURNED:
            return PayoutReturned(
                payout_id=payout.payout_id,
                creator_id=payout.creator_id,
                micro_diamonds=payout.micro_diamonds,
                at=payout.moved_at,
                reason=_reason(payout),
            )
        case _:
            assert_never(payout.status)


def _reason(payout: Payout) -> str:
    assert payout.reason is not None, "the table has a constraint for it"
    return payout.reason
