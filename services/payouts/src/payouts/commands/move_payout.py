"""The one place in which payouts move, and tell of it."""

from collections.abc import Sequence
from typing import assert_never

import msgspec

from chassis import outbox
from chassis.db import Conn
from contracts.event import Event
from contracts.payouts.v1 import (
    PayoutCanceled,
    PayoutFailed,
    PayoutPaid,
    PayoutRequested,
    PayoutReturned,
    PayoutSubmitted,
)
from payouts.commands.tell_earnings import figure_earnings
from payouts.domain.payout import RELEASED, Move, Payout, PayoutSource, PayoutStatus
from payouts.store import earnings, payouts

type _Told = (
    PayoutCanceled | PayoutFailed | PayoutPaid | PayoutRequested | PayoutReturned | PayoutSubmitted
)


async def move_payout(
    conn: Conn, payout: Payout, move: Move, *, traceparent: str | None = None
) -> Payout | None:
    """Move a payout on, publish what outsiders should hear of it, and return it as it is then.

    None, and nothing done, where somebody else moved it first. Otherwise like `move_payouts`.
    """
    moved = await move_payouts(conn, [payout], move, traceparent=traceparent)
    return moved[0] if moved else None


async def move_payouts(
    conn: Conn, some: Sequence[Payout], move: Move, *, traceparent: str | None = None
) -> Sequence[Payout]:
    """Make the same move with some payouts; returns those that nobody else moved first.

    Creators who have their diamonds again are told so, each once.

    Locks: those creators, the payouts, their buckets.

    Args:
        conn: An open transaction. Call this last: it takes the outbox's lock.
        some: As they were read.
        move: Allowed from where each of them is.
        traceparent: The trace that events carry on.
    """
    gives_back = move.to in RELEASED
    if gives_back:
        await earnings.lock_creators(conn, _earners(some))
    moved: list[Payout] = []
    for payout in some:
        assert payout.can_become(move.to), (payout.status, move.to)
        if await payouts.update_payout(conn, payout, move):
            moved.append(
                msgspec.structs.replace(
                    payout,
                    status=move.to,
                    moved_at=move.at,
                    moved_by=move.actor,
                    reason=move.reason,
                )
            )
    events: list[Event] = [event for each in moved if (event := told(each)) is not None]
    if gives_back:
        events += await figure_earnings(conn, _earners(moved), at=move.at)
    if events:
        await outbox.record(conn, *events, traceparent=traceparent)
    return moved


def _earners(some: Sequence[Payout]) -> list[str]:
    """Whose diamonds payouts hold, in the order of locks: an agency's are of nobody's."""
    return sorted({each.creator_id for each in some if each.source is PayoutSource.EARNINGS})


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
