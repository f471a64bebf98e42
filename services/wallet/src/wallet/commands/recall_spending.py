"""Knows what payers with limits have spent: reads what is not remembered from the journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.db import Conn
from wallet.domain.ledger import Head
from wallet.domain.limits import WEEK
from wallet.domain.spending import RECALLED, Spending
from wallet.store import limits
from wallet.store.limits import Recall


async def recall_spending(
    conn: Conn, heads: Mapping[str, Head], known: Mapping[str, Spending], *, at: datetime
) -> Mapping[str, Spending]:
    """The limits and the spending of those owners who have limits, as of their heads.

    Asks nothing for owners without limits, and of the others only what is not known: everything
    after their limits have changed, else what happened since.

    Args:
        conn: An open transaction that has added nothing to these accounts' journal.
        heads: Of every payer, by owner.
        known: Spending as it is remembered, by owner. It is brought up to the head's version.
        at: When charges are to be posted.
    """
    horizon = at - WEEK
    missing = [
        head
        for owner_id, head in heads.items()
        if head.limits_version
        and (
            (spending := known.get(owner_id)) is None
            or spending.version != head.version
            or spending.limits_version != head.limits_version
            or spending.known_since > horizon
        )
    ]
    if not missing:
        return known
    return {**known, **await _read(conn, missing, known, at)}


async def _read(
    conn: Conn, heads: Sequence[Head], known: Mapping[str, Spending], at: datetime
) -> dict[str, Spending]:
    """Bring what is known up to these heads; where that cannot be, begin with their limits."""
    found: dict[str, Spending] = {}
    unknown: list[Head] = []
    for head in heads:
        spending = known.get(head.owner_id)
        if (
            spending is not None
            and spending.limits_version == head.limits_version
            and spending.version <= head.version
            and spending.known_since <= at - WEEK
        ):
            found[head.owner_id] = spending
        else:
            unknown.append(head)
    if unknown:
        set_limits = await limits.select_limits(conn, unknown)
        for head in unknown:
            found[head.owner_id] = Spending(set_limits[head.account_id], known_since=at - RECALLED)
    spent = await limits.recall_spending(
        conn,
        [Recall(head.account_id, found[head.owner_id].version, head.version) for head in heads],
        since=at - RECALLED,
    )
    for head in heads:
        found[head.owner_id].note(spent[head.account_id], version=head.version)
    return found
