"""Confirm a payout method, or take it out of use with all that was to go there."""

from datetime import datetime

import msgspec

from chassis.db import Conn
from payouts.commands.move_payout import move_payouts
from payouts.domain.method import MethodStatus, PayoutMethod
from payouts.domain.payout import CREATOR_MAY_CANCEL, METHOD_DISABLED, Move, PayoutStatus
from payouts.domain.refusals import MethodUnavailableError
from payouts.store import methods, payouts, reviews


async def verify_payout_method(
    conn: Conn, method: PayoutMethod, *, at: datetime, actor: str
) -> PayoutMethod:
    """The rail has confirmed the account. Changes nothing unless it was waited for."""
    if method.status is MethodStatus.PENDING and await methods.update_method(
        conn, method, MethodStatus.VERIFIED, at=at, actor=actor, reason=None
    ):
        return msgspec.structs.replace(method, status=MethodStatus.VERIFIED, reason=None)
    return method


async def disable_payout_method(
    conn: Conn, method: PayoutMethod, *, at: datetime, actor: str, reason: str
) -> PayoutMethod:
    """Never use a method again; payouts that wait for it are canceled (E39).

    Those that are held stay so, until somebody has decided: they can no longer be released then,
    only be given back. Those that were sent are with the bank. Disabling it again changes nothing.

    Raises:
        MethodUnavailableError: Somebody else has moved it since it was read; read it again.

    Locks: the creator, the method, the payouts.
    """
    await reviews.lock_creator(conn, method.creator_id)
    if method.status is MethodStatus.DISABLED:
        return method
    if not await methods.update_method(
        conn, method, MethodStatus.DISABLED, at=at, actor=actor, reason=reason
    ):
        raise MethodUnavailableError
    move = Move(PayoutStatus.CANCELED, at, actor, METHOD_DISABLED)
    waiting = await payouts.select_waiting(conn, method.creator_id, method_id=method.method_id)
    canceled = [payout for payout in waiting if payout.status in CREATOR_MAY_CANCEL]
    await move_payouts(conn, canceled, move)
    return msgspec.structs.replace(method, status=MethodStatus.DISABLED, reason=reason)
