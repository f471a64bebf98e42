"""Creators' accounts at rails as they lie in the database."""

import hashlib
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("payouts.store", "hosted_accounts.sql")


class HostedAccount(NamedTuple):
    """Whose account it is; its name is sealed in the details of a method."""

    creator_id: str
    method_id: UUID
    country: str
    sealed_details: bytes


def digest_of(account_id: str) -> str:
    """What an account is found by. Rails' names of accounts are random: a hash gives none away."""
    return hashlib.sha256(account_id.encode()).hexdigest()


async def insert_hosted_account(
    conn: Conn, rail: str, creator_id: str, method_id: UUID, account_id: str, *, look_at: datetime
) -> None:
    """Put on record whose account it is, for good."""
    await conn.execute(
        STATEMENTS["insert_hosted_account"],
        rail,
        creator_id,
        method_id,
        digest_of(account_id),
        look_at,
    )


async def find_hosted_account(conn: Conn, rail: str, creator_id: str) -> HostedAccount | None:
    """The creator's account at a rail."""
    row = await conn.fetchrow(STATEMENTS["find_hosted_account"], rail, creator_id)
    return None if row is None else HostedAccount(*row)


async def claim_hosted_account(
    conn: Conn, rail: str, *, at: datetime, pause_s: float, pause_max_s: float
) -> HostedAccount | None:
    """An account that is to be looked at now; nobody else looks at it for a while."""
    row = await conn.fetchrow(STATEMENTS["claim_hosted_account"], rail, at, pause_s, pause_max_s)
    return None if row is None else HostedAccount(*row)


async def wake_hosted_account(conn: Conn, rail: str, digest: str, *, at: datetime) -> bool:
    """Let an account be looked at now; False where it is nobody's."""
    return await conn.fetchval(STATEMENTS["wake_hosted_account"], rail, digest, at) is not None
