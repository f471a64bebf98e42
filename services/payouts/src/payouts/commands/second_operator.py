"""What one operator may not let leave alone: as much as the terms say, or more."""

from collections.abc import Mapping

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.terms_in_force import terms_in_force
from payouts.domain.payout import Payout


async def is_allowed(
    conn: Conn,
    act: Act,
    action: str,
    payout: Payout,
    amount_minor: int,
    details: Mapping[str, object],
    *,
    occasion: str,
) -> bool:
    """Whether money of a payout may leave; False: it is proposed, and waits for the second.

    Args:
        conn: In a transaction that holds the creator's lock.
        act: Who wants it, and on what grounds; a second operator may have others.
        action: The mutation's name.
        payout: Of which payout.
        amount_minor: How much, in its currency.
        details: All that a second operator agrees to.
        occasion: Which of several times that it may be done to this payout.
    """
    terms = await terms_in_force(conn, act.at)
    if not terms.needs_second_operator(amount_minor, payout.currency):
        return True
    subject = str(payout.payout_id)
    return await operators.is_approved(conn, act, action, subject, details, occasion=occasion)
