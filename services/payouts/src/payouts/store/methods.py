"""Payout methods as they lie in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.method import MethodStatus, PayoutMethod

STATEMENTS = sql.load("payouts.store", "methods.sql")


async def insert_method(
    conn: Conn, method: PayoutMethod, *, sealed_details: bytes, terms_version: int
) -> bool:
    """Add a method of its creator's making; False where the id is taken."""
    return (
        await conn.fetchval(
            STATEMENTS["insert_method"],
            method.method_id,
            method.creator_id,
            method.rail,
            method.country,
            method.currency,
            method.display,
            sealed_details,
            terms_version,
            method.added_at,
            method.usable_from,
        )
        is not None
    )


async def find_method(conn: Conn, method_id: UUID) -> PayoutMethod | None:
    """A method, whoever's."""
    row = await conn.fetchrow(STATEMENTS["find_method"], method_id)
    return None if row is None else _method(row)


async def find_sealed_details(conn: Conn, method_id: UUID) -> bytes | None:
    """Its details, sealed."""
    return await conn.fetchval(STATEMENTS["find_sealed_details"], method_id)


async def find_any_method(conn: Conn, creator_id: str) -> bool:
    """Whether the creator ever had a method."""
    return await conn.fetchval(STATEMENTS["find_any_method"], creator_id)


async def select_pending(conn: Conn, rails: Sequence[str], *, limit: int) -> Sequence[PayoutMethod]:
    """Methods that these rails have not confirmed."""
    rows = await conn.fetch(STATEMENTS["select_pending"], rails, limit)
    return [_method(row) for row in rows]


async def select_pending_of(conn: Conn, creator_id: str, rail: str) -> Sequence[PayoutMethod]:
    """A creator's methods that a rail has not confirmed."""
    rows = await conn.fetch(STATEMENTS["select_pending_of"], creator_id, rail)
    return [_method(row) for row in rows]


async def update_method(
    conn: Conn,
    method: PayoutMethod,
    status: MethodStatus,
    *,
    at: datetime,
    actor: str,
    reason: str | None,
) -> bool:
    """Move a method on; False where it is no longer as `method` tells."""
    return (
        await conn.fetchval(
            STATEMENTS["update_method"], method.method_id, method.status, status, at, actor, reason
        )
        is not None
    )


async def select_methods(
    conn: Conn,
    creator_id: str,
    *,
    position: tuple[datetime, UUID] | None,
    backward: bool,
    limit: int,
) -> Sequence[PayoutMethod]:
    """A creator's methods beyond a position, newest first; backward: oldest first."""
    added_at, method_id = position or (None, None)
    name = "select_methods_backward" if backward else "select_methods"
    rows = await conn.fetch(STATEMENTS[name], creator_id, added_at, method_id, limit)
    return [_method(row) for row in rows]


def _method(row: Record) -> PayoutMethod:
    fields: dict[str, Any] = {**row, "status": MethodStatus(row["status"])}
    return PayoutMethod(**fields)
