"""Change how much a user lets themselves spend."""

from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from wallet.domain.limits import (
    UNLIMITED,
    GuardianRequiredError,
    Limits,
    Terms,
    change,
    check_terms,
)
from wallet.store import accounts, limits, spend_policies


class LimitsChange(NamedTuple):
    """What is asked for, and who asks."""

    owner_id: str
    """Whose limits."""
    by: str
    """The owner or their guardian."""
    is_supervised: bool
    """The owner asks, and may not raise limits without a guardian."""
    wanted: Terms


async def set_spend_limits(conn: Conn, asked: LimitsChange, *, at: datetime) -> Limits:
    """Set a user's limits: what is lower holds at once, what is higher after the cooling-off.

    Asking twice for the same changes nothing the second time. Charges that are being decided at
    the same time are decided again: none is posted under limits that this has replaced.

    Locks: the owner's account.

    Args:
        conn: An open transaction.
        asked: Checked by the caller: `by` is the owner or a guardian of theirs.
        at: Now.

    Raises:
        InvalidLimitError: A limit that cannot be one.
        GuardianRequiredError: A rise that a supervised owner asks for.
    """
    check_terms(asked.wanted)
    policy = await spend_policies.find_spend_policy_in_force(conn, at)
    assert policy is not None, "seed publishes the first spend policy"
    await accounts.ensure_accounts(conn, [asked.owner_id])
    head = (await accounts.lock_heads(conn, [asked.owner_id]))[asked.owner_id]
    before = UNLIMITED
    if head.limits_version:
        before = (await limits.select_limits(conn, [head]))[head.account_id]
    after, is_rise = change(before, asked.wanted, policy, at=at)
    if is_rise and asked.is_supervised:
        raise GuardianRequiredError
    if after is not before:
        await limits.insert_limits(
            conn, head, after, at=at, by=asked.by, policy_version=policy.version
        )
        await accounts.update_limits_version(conn, head.account_id, after.version)
    return after
