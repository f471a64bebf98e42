"""Knows what payers with limits have spent: reads what is not remembered from the journal."""

from collections.abc import Mapping
from datetime import datetime

from chassis.db import Conn
from wallet.domain.ledger import Head
from wallet.domain.spending import RECALLED, Spending
from wallet.store import limits
from wallet.store.limits import Recall


async def recall_spending(
    conn: Conn, heads: Mapping[str, Head], known: Mapping[str, Spending], *, at: datetime
) -> dict[str, Spending]:
    """The limits and the spending of those owners who have limits, as of their heads.

    Asks nothing for owners without limits, and of the others only what is not known: everything
    after their limits have changed, else what happened since.

    Args:
        conn: An open transaction that has added nothing to these accounts' journal.
        heads: Of every payer, by owner.
        known: Spending as it is remembered, by owner. It is brought up to the head's version.
        at: When charges are to be posted.
    """
    limited = [head for head in heads.values() if head.limits_version]
    if not limited:
        return {}
    since = at - RECALLED
    found: dict[str, Spending] = {}
    unknown: list[Head] = []
    for head in limited:
        spending = known.get(head.owner_id)
        if spending is not None and spending.is_of(head.limits_version, head.version, at):
            found[head.owner_id] = spending
        else:
            unknown.append(head)
    if unknown:
        set_limits = await limits.select_limits(conn, unknown)
        for head in unknown:
            found[head.owner_id] = Spending(set_limits[head.account_id], known_since=since)
    behind = [head for head in limited if found[head.owner_id].version < head.version]
    if behind:
        spent = await limits.recall_spending(
            conn,
            [
                Recall(head.account_id, found[head.owner_id].version, head.version)
                for head in behind
            ],
            since=since,
        )
        for head in behind:
            found[head.owner_id].note(spent[head.account_id], version=head.version)
    return found
