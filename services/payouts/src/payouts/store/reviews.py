"""Reviews of creators as they lie in the database."""

from chassis import sql
from chassis.db import Conn
from payouts.domain.review import OF_IDENTITY, OF_SANCTIONS, Decision, Known, Review, Standing

STATEMENTS = sql.load("payouts.store", "reviews.sql")


async def lock_creator(conn: Conn, creator_id: str) -> None:
    """Make whoever else handles this creator's payouts wait until the transaction ends."""
    await conn.execute(STATEMENTS["lock_creator"], creator_id)


async def insert_review(conn: Conn, review: Review) -> None:
    """Put a finding on record."""
    await conn.execute(STATEMENTS["insert_review"], *review)


async def find_standing(conn: Conn, creator_id: str) -> Standing:
    """What counts now of all that was found."""
    row = await conn.fetchrow(
        STATEMENTS["find_standing"], creator_id, list(OF_IDENTITY), list(OF_SANCTIONS)
    )
    assert row is not None, "the statement answers with one row"
    return _standing(*row)


async def find_known(conn: Conn, creator_id: str, reviewer: str) -> Known:
    """What `reviewer` has found, and what everybody else has."""
    row = await conn.fetchrow(
        STATEMENTS["find_known"], creator_id, list(OF_IDENTITY), list(OF_SANCTIONS), reviewer
    )
    assert row is not None, "the statement answers with one row"
    own_identity, own_sanctions, identity, sanctions = row
    return Known(_standing(own_identity, own_sanctions), _standing(identity, sanctions))


def _standing(identity: str | None, sanctions: str | None) -> Standing:
    return Standing(
        None if identity is None else Decision(identity),
        None if sanctions is None else Decision(sanctions),
    )
