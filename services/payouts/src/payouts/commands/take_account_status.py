"""Act on how a creator's account stands with a rail that knows its owner."""

from datetime import datetime

from chassis.db import Conn
from payouts.commands.move_payout_method import disable_payout_method, verify_payout_method
from payouts.commands.record_findings import record_findings
from payouts.domain.hosted_account import AccountReviewer, AccountStatus
from payouts.domain.method import MethodStatus
from payouts.store import methods


async def take_account_status(
    conn: Conn, rail: str, reviewer: str, creator_id: str, status: AccountStatus, *, at: datetime
) -> None:
    """Put on record what it says of the creator, and confirm what waits for the account.

    Args:
        conn: An open transaction.
        rail: With which the account is.
        reviewer: Under whose name its findings are on record.
        creator_id: Whose account it is.
        status: As it is now: an older one would undo what a newer one did.
        at: Now.

    Locks: the creator, the waiting payouts, the methods.
    """
    await record_findings(conn, creator_id, AccountReviewer(reviewer), status, at=at)
    if not status.pays_out:
        return
    for method in await methods.select_pending_of(conn, creator_id, rail):
        assert method.status is MethodStatus.PENDING, "the statement selects them"
        if status.currency is not None and status.currency != method.currency:
            reason = "currency_of_another_account"
            await disable_payout_method(conn, method, at=at, actor=reviewer, reason=reason)
        else:
            await verify_payout_method(conn, method, at=at, actor=reviewer)
