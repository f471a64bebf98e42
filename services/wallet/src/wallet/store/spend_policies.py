"""Versions of the policy on spend limits."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chassis import sql
from chassis.db import Conn
from wallet.domain.caps import CapPolicies, CapPolicy, CapTerms
from wallet.domain.limits import SpendPolicy

STATEMENTS = sql.load("wallet.store", "spend_policies.sql")

_read = msgspec.json.Decoder(SpendPolicy)


async def lock_spend_policies(conn: Conn) -> None:
    """Keep other publishers out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_spend_policies"])


async def select_spend_policies(conn: Conn) -> list[SpendPolicy]:
    """Every version, oldest first."""
    rows = await conn.fetch(STATEMENTS["select_spend_policies"])
    return [_read.decode(row["document"]) for row in rows]


async def select_cap_policies(conn: Conn) -> CapPolicies:
    """The caps of every version."""
    rows = await conn.fetch(STATEMENTS["select_cap_policies"])
    policies = [(_read.decode(row["document"]), row["caps_ids"]) for row in rows]
    return CapPolicies(
        [CapPolicy(policy.effective_from, policy.caps, ids) for policy, ids in policies]
    )


async def find_spend_policy_in_force(conn: Conn, at: datetime) -> SpendPolicy | None:
    """The version in force at a moment; None before the first one is."""
    document = await conn.fetchval(STATEMENTS["find_spend_policy_in_force"], at)
    return None if document is None else _read.decode(document)


async def insert_spend_policy(conn: Conn, policy: SpendPolicy) -> None:
    """Add a version."""
    await conn.execute(
        STATEMENTS["insert_spend_policy"],
        policy.version,
        policy.effective_from,
        policy.raise_after_hours,
        policy.remove_after_hours,
        msgspec.json.encode(policy).decode(),
    )


async def insert_platform_caps(conn: Conn, policy_version: int, terms: Sequence[CapTerms]) -> None:
    """Add the caps of a version, each under an id of its own."""
    await conn.execute(
        STATEMENTS["insert_platform_caps"],
        policy_version,
        [each.charge_coins for each in terms],
        [each.day_coins for each in terms],
        [each.week_coins for each in terms],
    )
