"""What is claimed back of payments."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.claims import BookedClaim, Claim

STATEMENTS = sql.load("wallet.store", "claims.sql")


async def insert_claims(
    conn: Conn, claims: Mapping[UUID, Claim], told_at: datetime
) -> Collection[UUID]:
    """Add a claim to each purchase; those that have it already are left out of what is returned."""
    rows = await conn.fetch(
        STATEMENTS["insert_claims"],
        list(claims),
        [each.claim for each in claims.values()],
        [each.kind for each in claims.values()],
        [each.claimed_minor for each in claims.values()],
        [each.returned_minor for each in claims.values()],
        [each.is_open for each in claims.values()],
        told_at,
    )
    return {row["purchase_id"] for row in rows}


async def update_claim(conn: Conn, purchase_id: UUID, claim: Claim) -> None:
    """Let a claim grow."""
    await conn.execute(
        STATEMENTS["update_claim"],
        purchase_id,
        claim.claim,
        claim.claimed_minor,
        claim.returned_minor,
        claim.is_open,
    )


async def select_claims(
    conn: Conn, purchase_ids: Collection[UUID]
) -> dict[UUID, list[BookedClaim]]:
    """Purchases' claims in the order in which they came, with what is booked for each."""
    claims: dict[UUID, list[BookedClaim]] = {each: [] for each in purchase_ids}
    for row in await conn.fetch(STATEMENTS["select_claims"], purchase_ids):
        purchase_id, *claim, booked_minor, reversals = row
        claims[purchase_id].append(BookedClaim(Claim(*claim), booked_minor, reversals))
    return claims


async def insert_fee(
    conn: Conn, purchase_id: UUID, claim: str, fee_minor: int, currency: str, charged_at: datetime
) -> None:
    """Note what a provider charges for a dispute; once, however often it is told."""
    await conn.execute(
        STATEMENTS["insert_fee"], purchase_id, claim, fee_minor, currency, charged_at
    )
