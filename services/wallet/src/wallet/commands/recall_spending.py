"""Knows what payers have spent: reads what is not remembered from the journal."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from chassis.db import Conn
from wallet.domain.ledger import Head
from wallet.domain.limits import UNLIMITED, WEEK
from wallet.domain.spending import RECALLED, Spending
from wallet.store import limits
from wallet.store.limits import Recall


async def recall_spending(
    conn: Conn,
    heads: Mapping[str, Head],
    owner_ids: Set[str],
    known: Mapping[str, Spending],
    *,
    at: datetime,
) -> dict[str, Spending]:
    """The limits and the spending of these owners, as of their heads.

    Asks only for what is not known: everything after their limits have changed, else what happened
    since.

    Args:
        conn: An open transaction that has added nothing to these accounts' journal.
        heads: Of every payer, by owner.
        owner_ids: Of whom to know.
        known: Spending as it is remembered, by owner. It is brought up to the head's version.
        at: When charges are to be posted.
    """
    horizon = at - WEEK
    found: dict[str, Spending] = {}
    missing: list[Head] = []
    for owner_id in owner_ids:
        head, spending = heads[owner_id], known.get(owner_id)
        if (
            spending is None
            or spending.version != head.version
            or spending.limits_version != head.limits_version
            or spending.known_since > horizon
        ):
            missing.append(head)
        else:
            found[owner_id] = spending
    if missing:
        found |= await _read(conn, missing, known, at)
    return found


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
            found[head.owner_id] = Spending(
                set_limits.get(head.account_id, UNLIMITED), known_since=at - RECALLED
            )
    spent = await limits.recall_spending(
        conn,
        [Recall(head.account_id, found[head.owner_id].version, head.version) for head in heads],
        since=at - RECALLED,
    )
    for head in heads:
        found[head.owner_id].note(spent[head.account_id], version=head.version)
    return found
