"""Publish versions of the policy on spend limits."""

from collections.abc import Sequence

from chassis.db import Conn
from wallet.domain.limits import SpendPolicy, SpendPolicyRefusedError, check_policy
from wallet.store import spend_policies


async def publish_spend_policy(conn: Conn, wanted: Sequence[SpendPolicy]) -> Sequence[SpendPolicy]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    A file that is published again, whole or longer, is therefore safe: what is there must be there
    in the same words. All or none: the caller's transaction rolls back when this raises.

    Raises:
        SpendPolicyRefusedError: A version breaks a rule, or its number is taken by another.
    """
    await spend_policies.lock_spend_policies(conn)
    published = await spend_policies.select_spend_policies(conn)
    known = {policy.version: policy for policy in published}
    added: list[SpendPolicy] = []
    for policy in sorted(wanted, key=lambda policy: policy.version):
        if (before := known.get(policy.version)) is not None:
            if before != policy:
                raise SpendPolicyRefusedError(
                    f"version {policy.version} is published already and differs: add a new version"
                )
            continue
        check_policy(published, policy)
        await spend_policies.insert_spend_policy(conn, policy)
        if policy.caps is not None:
            await spend_policies.insert_platform_caps(conn, policy.version, policy.caps.terms())
        published.append(policy)
        added.append(policy)
    return added
