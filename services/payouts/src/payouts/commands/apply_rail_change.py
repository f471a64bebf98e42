"""Let a payout become what its rail says that it has become."""

from datetime import datetime

from chassis.db import Conn
from payouts.commands.move_payout import move_payout
from payouts.commands.move_payout_method import disable_payout_method
from payouts.commands.submit_payouts import ACTOR
from payouts.domain.payout import Move, Payout, PayoutStatus
from payouts.domain.transfer import Change, Effect, TransferStatus, path, payout_id_of
from payouts.store import methods, payouts, reviews, sendings


async def apply_rail_change(
    conn: Conn, rail: str, change: Change, *, at: datetime
) -> Effect | None:
    """Apply one step of a transfer, once; returns what came of it, None if it was read before.

    What comes back is the creator's again in full, fees included, and once (E15, E16): nothing was
    done for them. Its method is disabled until they add one that works.

    Locks: the rail's cursor, the creator, the payout, its buckets.
    """
    if change.seq <= await sendings.lock_cursor(conn, rail):
        return None
    effect = await _apply(conn, rail, change, at)
    await sendings.insert_change(conn, rail, change, effect, at=at)
    await sendings.move_cursor(conn, rail, change.seq)
    return effect


async def _apply(conn: Conn, rail: str, change: Change, at: datetime) -> Effect:
    payout_id = payout_id_of(change.key)
    payout = None if payout_id is None else await payouts.find_payout(conn, payout_id)
    if payout is None:
        return "unknown"
    await reviews.lock_creator(conn, payout.creator_id)
    payout = await payouts.find_payout(conn, payout.payout_id)
    assert payout is not None, "payouts are never deleted"
    method = await methods.find_method(conn, payout.method_id)
    assert method is not None, "a payout refers to its method"
    if not change.is_of(payout) or method.rail != rail:
        return "mismatched"
    await sendings.update_accepted(conn, payout.payout_id, at=at)
    reason = change.reason or "no_reason_given"
    moved = await follow_rail(conn, payout, change.status, reason=reason, actor=ACTOR, at=at)
    return "applied" if moved or change.status == "pending" else "ignored"


async def follow_rail(
    conn: Conn, payout: Payout, status: TransferStatus, *, reason: str, actor: str, at: datetime
) -> bool:
    """Let a payout become what its transfer is, and say whether that was anything new.

    The caller holds the creator's lock.
    """
    moves = path(payout.status, status)
    for to in moves:
        why = None if to is PayoutStatus.PAID else reason
        moved = await move_payout(conn, payout, Move(to, at, actor, why))
        assert moved is not None, "whoever moves a submitted payout has the creator's lock"
        payout = moved
    if PayoutStatus.RETURNED in moves:
        method = await methods.find_method(conn, payout.method_id)
        assert method is not None, "a payout refers to its method"
        await disable_payout_method(conn, method, at=at, actor=actor, reason="payout_returned")
    return bool(moves)
