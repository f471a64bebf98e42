"""An operator's decision on a payout that was held."""

from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.move_payout import move_payout
from payouts.commands.second_operator import is_allowed
from payouts.commands.withholding_in_force import is_covered
from payouts.domain.earnings import Worth
from payouts.domain.method import MethodStatus
from payouts.domain.payout import Move, Payout, PayoutStatus
from payouts.domain.refusals import (
    CreatorNotClearedError,
    MethodUnavailableError,
    PayoutNotHeldError,
    PayoutUnknownError,
    TaxFormNeededError,
)
from payouts.store import methods, payouts, reviews

_ACTION: Final = "decideHeldPayout"


class HeldDecision(StrEnum):
    """What becomes of it."""

    RELEASE = "RELEASE"
    RETURN = "RETURN"


class DecideHeldPayout(NamedTuple):
    """What an operator decides, and why."""

    payout_id: UUID
    decision: HeldDecision
    act: Act


async def decide_held_payout(conn: Conn, order: DecideHeldPayout) -> Payout | None:
    """Queue a held payout, or give its diamonds back to the creator.

    None: to be released it is so much that the terms want a second operator to ask for the same,
    on grounds of their own. Until then any operator may still give it back: no money leaves by it.

    Raises:
        PayoutUnknownError: No such payout.
        PayoutNotHeldError: It is not held, or not any more.
        CreatorNotClearedError: To be released, while what it was held for stands.
        TaxFormNeededError: To be released, while more would be withheld than the payout says.
        MethodUnavailableError: To be released, to a method that was disabled meanwhile (E39).

    Locks: the creator, the payout, its buckets.
    """
    payout = await payouts.find_payout(conn, order.payout_id)
    if payout is None:
        raise PayoutUnknownError
    await reviews.lock_creator(conn, payout.creator_id)
    payout = await payouts.find_payout(conn, order.payout_id)
    assert payout is not None, "payouts are never deleted"
    if payout.status is not PayoutStatus.HELD:
        raise PayoutNotHeldError(status=payout.status)
    act = order.act
    # Released and held again, it is to be decided anew.
    held_at_step = len((await payouts.select_history(conn, [payout.payout_id]))[payout.payout_id])
    details = {
        "decision": order.decision,
        "held_at_step": held_at_step,
        "gross_minor": payout.gross_minor,
        "currency": payout.currency,
    }
    to = PayoutStatus.CANCELED
    if order.decision is HeldDecision.RELEASE:
        await _check_releasable(conn, payout, act)
        gross = Worth(payout.gross_minor, payout.currency)
        subject = str(payout.payout_id)
        if not await is_allowed(
            conn, act, _ACTION, subject, gross, details, occasion=str(held_at_step)
        ):
            return None
        to = PayoutStatus.QUEUED
    await operators.record(conn, act, _ACTION, str(order.payout_id), details)
    moved = await move_payout(conn, payout, Move(to, act.at, act.operator_id, act.reason))
    assert moved is not None, "whoever moves a held payout has the creator's lock"
    return moved


async def _check_releasable(conn: Conn, payout: Payout, act: Act) -> None:
    standing = await reviews.find_standing(conn, payout.creator_id)
    if standing.holds is not None:
        raise CreatorNotClearedError
    method = await methods.find_method(conn, payout.method_id)
    assert method is not None, "a payout refers to its method"
    if method.status is not MethodStatus.VERIFIED:
        raise MethodUnavailableError
    if not await is_covered(conn, payout, method, act.at):
        raise TaxFormNeededError
