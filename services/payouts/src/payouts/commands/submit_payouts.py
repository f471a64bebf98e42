"""Hand queued payouts over to be sent: from here on they cannot be canceled."""

from datetime import datetime
from typing import Final

from chassis.db import Conn
from payouts.commands.move_payout import move_payout
from payouts.commands.withholding_in_force import is_covered
from payouts.domain.method import MethodStatus
from payouts.domain.payout import (
    METHOD_DISABLED,
    TAX_FORM_NEEDED,
    Move,
    Payout,
    PayoutStatus,
)
from payouts.store import methods, payouts, reviews, sendings

ACTOR: Final = "payout_run"


async def submit_payouts(conn: Conn, *, at: datetime, limit: int) -> int:
    """Submit payouts whose time has come; returns how many were looked at.

    Looked at once more before anything is sent: whose standing has changed is held, and so is of
    whom more would be withheld by now; nothing goes to a method that is not in use.

    Locks: the creators in the order of their ids, then payouts.
    """
    due = await sendings.select_due_payouts(conn, at, limit=limit)
    for creator_id in sorted({each.creator_id for each in due}):
        await reviews.lock_creator(conn, creator_id)
    for each in due:
        payout = await payouts.find_payout(conn, each.payout_id)
        assert payout is not None, "payouts are never deleted"
        if payout.status is PayoutStatus.QUEUED:
            await _submit(conn, payout, at)
    return len(due)


async def _submit(conn: Conn, payout: Payout, at: datetime) -> None:
    standing = await reviews.find_standing(conn, payout.creator_id)
    method = await methods.find_method(conn, payout.method_id)
    assert method is not None, "a payout refers to its method"
    if standing.holds is not None:
        move = Move(PayoutStatus.HELD, at, ACTOR, standing.holds)
    elif method.status is not MethodStatus.VERIFIED:
        move = Move(PayoutStatus.CANCELED, at, ACTOR, METHOD_DISABLED)
    elif not await is_covered(conn, payout, method, at):
        move = Move(PayoutStatus.HELD, at, ACTOR, TAX_FORM_NEEDED)
    else:
        move = Move(PayoutStatus.SUBMITTED, at, ACTOR)
        await sendings.insert_sending(conn, payout.payout_id, method.rail, at=at)
    moved = await move_payout(conn, payout, move)
    assert moved is not None, "whoever moves a queued payout has the creator's lock"
