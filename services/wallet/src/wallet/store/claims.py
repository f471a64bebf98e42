"""What is claimed back of payments."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.claims import BookedClaim, Claim
from wallet.store.arrays import integers

STATEMENTS = sql.load("wallet.store", "claims.sql")


async def insert_claims(
    conn: Conn,
    claims: Mapping[UUID, Claim],
    told_at: datetime,
    *,
    overdue_at: Sequence[datetime | None],
) -> None:
    """Add a claim to each purchase, none of which has it yet."""
    await conn.execute(
        STATEMENTS["insert_claims"],
        list(claims),
        [each.claim for each in claims.values()],
        [each.kind for each in claims.values()],
        integers([each.claimed_minor for each in claims.values()]),
        integers([each.returned_minor for each in claims.values()]),
        [each.is_open for each in claims.values()],
        told_at,
        overdue_at,
        [each.respond_by for each in claims.values()],
    )


async def update_claims(conn: Conn, claims: Mapping[UUID, Claim]) -> None:
    """Let a claim of each purchase grow."""
    await conn.execute(
        STATEMENTS["update_claims"],
        list(claims),
        [each.claim for each in claims.values()],
        integers([each.claimed_minor for each in claims.values()]),
        integers([each.returned_minor for each in claims.values()]),
        [each.is_open for each in claims.values()],
        [each.respond_by for each in claims.values()],
    )


async def count_overdue_disputes(conn: Conn, *, at: datetime) -> int:
    """How many disputes nobody has decided in the time that the policy gives them."""
    return await conn.fetchval(STATEMENTS["count_overdue_disputes"], at)


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
