"""What one operator may not let leave alone: as much as the terms say, or more."""

from collections.abc import Mapping

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.terms_in_force import terms_in_force
from payouts.domain.earnings import Worth


async def is_allowed(
    conn: Conn,
    act: Act,
    action: str,
    subject: str,
    amount: Worth,
    details: Mapping[str, object],
    *,
    occasion: str | None = None,
) -> bool:
    """Whether so much may be done with; False: it is proposed, and waits for the second.

    Args:
        conn: In a transaction that holds the creator's lock.
        act: Who wants it, and on what grounds; a second operator may have others.
        action: The mutation's name.
        subject: To what it is done: the payout's id, or the quarantine's.
        amount: How much it is about.
        details: All that a second operator agrees to.
        occasion: Which of several times that it may be done to this; None: once.
    """
    terms = await terms_in_force(conn, act.at)
    if not terms.needs_second_operator(amount.amount_minor, amount.currency):
        return True
    return await operators.is_approved(conn, act, action, subject, details, occasion=occasion)
