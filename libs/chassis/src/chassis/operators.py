"""What operators did and why: a log that nobody can change; and what takes two of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("chassis", "operators.sql")

REASON_CHARS_MAX: Final = 500
_ACTION_ID_MAX: Final = 2**63 - 1


class ReasonError(ValueError):
    """The reason given for an action is none: empty, too long, or no text."""


class ProposalConflictError(Exception):
    """The same was proposed in other terms."""


class Act(NamedTuple):
    """Who does something, and why."""

    operator_id: str
    reason: str
    at: datetime

    @classmethod
    def of(cls, operator_id: str, reason: str, at: datetime) -> "Act":
        """An act whose reason can be read by those who come later.

        Raises:
            ReasonError: It cannot.
        """
        reason = reason.strip()
        if not 1 <= len(reason) <= REASON_CHARS_MAX:
            raise ReasonError(f"A reason has 1 to {REASON_CHARS_MAX} characters")
        if not reason.replace("\n", " ").isprintable():
            raise ReasonError("A reason is plain text")
        return cls(operator_id, reason, at)


class Action(NamedTuple):
    """An entry of the log."""

    action_id: int
    operator_id: str
    action: str
    subject: str
    reason: str
    details: str
    acted_at: datetime


async def record(
    conn: Conn, act: Act, action: str, subject: str, details: Mapping[str, object]
) -> None:
    """Log an action in the transaction that does it.

    Args:
        conn: In that transaction.
        act: Who does it, and why.
        action: What is done: the mutation's name.
        subject: What it is done to: an id, without blanks.
        details: What else an auditor must know; nothing secret.
    """
    await conn.execute(
        STATEMENTS["insert_action"],
        act.operator_id,
        action,
        subject,
        act.reason,
        msgspec.json.encode(details).decode(),
        act.at,
    )


async def select_actions(
    conn: Conn, *, beyond: int | None, limit: int, backward: bool
) -> Sequence[Action]:
    """Actions beyond a place in the log: older ones, newest first; `backward` the other way."""
    if beyond is None:
        beyond = 0 if backward else _ACTION_ID_MAX
    statement = STATEMENTS["select_actions_oldest" if backward else "select_actions_newest"]
    return [Action(*row) for row in await conn.fetch(statement, beyond, limit)]


async def is_approved(
    conn: Conn,
    act: Act,
    action: str,
    subject: str,
    terms: Mapping[str, object],
    *,
    occasion: str | None = None,
) -> bool:
    """Whether two operators want this; False: it is proposed, and waits for the second.

    The first who asks proposes, another who asks for exactly the same approves: what is to be done
    is never approved by who has not seen it. Whoever asks later gets the same answer. The caller
    does it in the same transaction if this is True, and logs it; that it was proposed is logged
    here, once, with the terms.

    Args:
        conn: In a transaction.
        act: Who asks, and why.
        action: What is to be done: the mutation's name.
        subject: What it is to be done to.
        terms: All that it depends on; compared word by word.
        occasion: Which time, where the same may be done to the subject again: two operators
            agree on that time alone. Without blanks.

    Raises:
        ProposalConflictError: The same was proposed in other terms.
    """
    told = msgspec.json.encode(terms, order="deterministic").decode()
    key = subject if occasion is None else f"{subject}/{occasion}"
    is_new = await conn.fetchval(
        STATEMENTS["insert_proposal"], action, key, told, act.operator_id, act.reason, act.at
    )
    if is_new is not None:
        await record(conn, act, action, subject, {**terms, "proposed": True})
        return False
    proposal = await conn.fetchrow(STATEMENTS["lock_proposal"], action, key)
    assert proposal is not None, "it was there already, and none is ever deleted"
    if proposal["terms"] != told:
        raise ProposalConflictError
    if proposal["approved_by"] is not None:
        return True
    if proposal["proposed_by"] == act.operator_id:
        return False
    await conn.execute(STATEMENTS["approve_proposal"], action, key, act.operator_id, act.at)
    return True
