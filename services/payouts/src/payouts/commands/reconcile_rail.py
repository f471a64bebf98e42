"""Put on record where a rail's books and ours differ, and mend it when two people agree."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.apply_rail_change import follow_rail
from payouts.domain.payout import PayoutStatus
from payouts.domain.reconciliation import Break, BreakStatus, Repair, Theirs, compare
from payouts.domain.refusals import (
    BreakNotRepairableError,
    BreakUnknownError,
    SecondOperatorNeededError,
)
from payouts.domain.transfer import path
from payouts.store import breaks, payouts, reviews


class Reconciled(NamedTuple):
    """What came of comparing."""

    compared: int
    new: int
    gone: int


async def reconcile_rail(
    conn: Conn, rail: str, report: Sequence[Theirs], *, reported_at: datetime, at: datetime
) -> Reconciled:
    """Compare a report with our books: what differs goes on record once, what agrees is closed."""
    known = await breaks.select_open_breaks(conn, rail)
    found = compare(await breaks.select_submitted(conn, rail), report, reported_at=reported_at)
    new = 0
    for each in found:
        new += await breaks.insert_break(conn, rail, each, at=at)
    gone = known.keys() - {(each.kind, each.key) for each in found}
    await breaks.update_gone(conn, [known[each] for each in gone], at=at)
    return Reconciled(len(report), new, len(gone))


class RepairOrder(NamedTuple):
    """Who wants which break mended, and why."""

    break_id: UUID
    act: Act


async def propose_repair(conn: Conn, order: RepairOrder) -> Break:
    """Ask for a break to be mended; nothing happens before somebody else agrees.

    Proposed again by the same operator it changes nothing.

    Raises:
        BreakUnknownError: There is none.
        BreakNotRepairableError: It is not open, or nothing that a program may do mends it.
    """
    act = order.act
    known = await breaks.lock_break(conn, order.break_id)
    if known is None:
        raise BreakUnknownError
    if known.status is BreakStatus.PROPOSED and known.proposed_by == act.operator_id:
        return known
    if known.status is not BreakStatus.OPEN or known.repair is None:
        raise BreakNotRepairableError(status=known.status)
    await _is_approved(conn, order, known)
    await breaks.update_proposed(conn, order.break_id)
    return known._replace(
        status=BreakStatus.PROPOSED, proposed_by=act.operator_id, proposal_reason=act.reason
    )


async def approve_repair(conn: Conn, order: RepairOrder) -> Break:
    """Agree, and mend it, once.

    Raises:
        BreakUnknownError: There is none.
        BreakNotRepairableError: Nobody has proposed it, it was done, or is no longer right.
        SecondOperatorNeededError: By whom it was proposed.

    Locks: the break, the creator, the payout, its buckets.
    """
    known = await breaks.lock_break(conn, order.break_id)
    if known is None:
        raise BreakUnknownError
    if known.status is not BreakStatus.PROPOSED:
        raise BreakNotRepairableError(status=known.status)
    act = order.act
    if not await _is_approved(conn, order, known):
        raise SecondOperatorNeededError
    await operators.record(conn, act, "approvePayoutRepair", str(order.break_id), _details(known))
    await _repair(conn, known, act.operator_id, act.at)
    await breaks.update_repaired(conn, order.break_id, at=act.at)
    return known._replace(status=BreakStatus.REPAIRED)


async def _is_approved(conn: Conn, order: RepairOrder, known: Break) -> bool:
    """Both operators ask for the same, whichever mutation each of them sends."""
    return await operators.is_approved(
        conn, order.act, "proposePayoutRepair", str(order.break_id), _details(known)
    )


def _details(known: Break) -> dict[str, object]:
    return {"payout_id": known.payout_id, "kind": known.kind, "repair": known.repair}


async def _repair(conn: Conn, known: Break, operator_id: str, at: datetime) -> None:
    assert known.payout_id is not None, "what is none of ours has no repair"
    payout = await payouts.find_payout(conn, known.payout_id)
    assert payout is not None, "payouts are never deleted"
    await reviews.lock_creator(conn, payout.creator_id)
    payout = await payouts.find_payout(conn, known.payout_id)
    assert payout is not None, "payouts are never deleted"
    if known.repair is Repair.ORDER_AGAIN:
        if payout.status is not PayoutStatus.SUBMITTED:
            raise BreakNotRepairableError(status=known.status)
        await breaks.update_order_again(conn, payout.payout_id, at=at)
        return
    assert known.their_status is not None, "only what they told of has a status to take"
    if not path(payout.status, known.their_status):
        raise BreakNotRepairableError(status=known.status)
    await follow_rail(
        conn, payout, known.their_status, reason="reconciled", actor=operator_id, at=at
    )
