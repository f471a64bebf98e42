"""What is claimed back of payments."""

from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.claims import BookedClaim, Claim

STATEMENTS = sql.load("wallet.store", "claims.sql")


async def insert_claim(
    conn: Conn, purchase_id: UUID, claim: Claim, told_at: datetime, *, overdue_at: datetime | None
) -> bool:
    """Add a claim; False where the purchase has it."""
    added = await conn.fetchval(
        STATEMENTS["insert_claim"],
        purchase_id,
        claim.claim,
        claim.kind,
        claim.claimed_minor,
        claim.returned_minor,
        claim.is_open,
        told_at,
        overdue_at,
        claim.respond_by,
    )
    return added is not None


async def update_claim(conn: Conn, purchase_id: UUID, claim: Claim) -> None:
    """Let a claim grow."""
    await conn.execute(
        STATEMENTS["update_claim"],
        purchase_id,
        claim.claim,
        claim.claimed_minor,
        claim.returned_minor,
        claim.is_open,
        claim.respond_by,
    )


async def count_overdue_disputes(conn: Conn, *, at: datetime) -> int:
    """How many disputes nobody has decided in the time that the policy gives them."""
    return await conn.fetchval(STATEMENTS["count_overdue_disputes"], at)


async def select_claims(conn: Conn, purchase_id: UUID) -> list[BookedClaim]:
    """The purchase's claims in the order in which they came, with what is booked for each."""
    rows = await conn.fetch(STATEMENTS["select_claims"], purchase_id)
    return [
        BookedClaim(
            Claim(
                row["claim"],
                row["kind"],
                row["claimed_minor"],
                row["returned_minor"],
                row["is_open"],
                row["respond_by"],
            ),
            row["taken_minor"] - row["back_minor"],
        )
        for row in rows
    ]


async def insert_fee(
    conn: Conn, purchase_id: UUID, claim: str, fee_minor: int, currency: str, charged_at: datetime
) -> None:
    """Note what a provider charges for a dispute; once, however often it is told."""
    await conn.execute(
        STATEMENTS["insert_fee"], purchase_id, claim, fee_minor, currency, charged_at
    )
