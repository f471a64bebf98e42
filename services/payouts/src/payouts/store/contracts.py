"""Contracts with agencies as they lie in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.agency import Contract, ContractStatus

STATEMENTS = sql.load("payouts.store", "contracts.sql")


async def insert_contract(conn: Conn, contract: Contract, *, actor: str) -> bool:
    """Keep a contract that was proposed; False where the id is taken."""
    return (
        await conn.fetchval(
            STATEMENTS["insert_contract"],
            contract.contract_id,
            *contract.terms,
            contract.proposed_at,
            actor,
        )
        is not None
    )


async def find_contract(conn: Conn, contract_id: UUID) -> Contract | None:
    """A contract, whoever's."""
    row = await conn.fetchrow(STATEMENTS["find_contract"], contract_id)
    return None if row is None else _contract(row)


async def update_contract(
    conn: Conn,
    contract: Contract,
    status: ContractStatus,
    *,
    at: datetime,
    actor: str,
    reason: str | None = None,
) -> bool:
    """Move a contract on; False where it is no longer as `contract` tells."""
    return (
        await conn.fetchval(
            STATEMENTS["update_contract"],
            contract.contract_id,
            contract.status,
            status,
            at,
            actor,
            reason,
        )
        is not None
    )


async def select_accepted(conn: Conn, creator_id: str) -> Sequence[Contract]:
    """All to which a creator has ever agreed, in no order."""
    return [_contract(row) for row in await conn.fetch(STATEMENTS["select_accepted"], creator_id)]


async def select_contracts(
    conn: Conn,
    user_id: str,
    *,
    side: Literal["creator", "agency"],
    position: tuple[datetime, UUID] | None,
    backward: bool,
    limit: int,
) -> Sequence[Contract]:
    """Contracts of a creator, or of an agency, beyond a position, newest first; backward: oldest
    first."""
    proposed_at, contract_id = position or (None, None)
    name = f"select_of_{side}_backward" if backward else f"select_of_{side}"
    rows = await conn.fetch(STATEMENTS[name], user_id, proposed_at, contract_id, limit)
    return [_contract(row) for row in rows]


def _contract(row: Record) -> Contract:
    fields: dict[str, Any] = {**row, "status": ContractStatus(row["status"])}
    return Contract(**fields)
