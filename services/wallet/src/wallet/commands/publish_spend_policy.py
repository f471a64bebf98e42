"""Publish versions of the policy on spend limits."""

from collections.abc import Sequence

from chassis import versions
from chassis.db import Conn
from wallet.domain.limits import SpendPolicy, SpendPolicyRefusedError, check_policy
from wallet.store import spend_policies


async def publish_spend_policy(conn: Conn, wanted: Sequence[SpendPolicy]) -> Sequence[SpendPolicy]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    Raises:
        SpendPolicyRefusedError: A version breaks a rule, or its number is taken by another.
    """
    await spend_policies.lock_spend_policies(conn)

    async def add(published: Sequence[SpendPolicy], policy: SpendPolicy) -> None:
        check_policy(published, policy)
        await spend_policies.insert_spend_policy(conn, policy)
        if policy.caps is not None:
            await spend_policies.insert_platform_caps(conn, policy.version, policy.caps.terms())

    published = await spend_policies.select_spend_policies(conn)
    return await versions.publish(wanted, published, add, taken=SpendPolicyRefusedError)
