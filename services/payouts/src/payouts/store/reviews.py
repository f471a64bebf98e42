"""Reviews of creators as they lie in the database."""

from chassis import sql
from chassis.db import Conn
from payouts.domain.review import OF_IDENTITY, OF_SANCTIONS, Decision, Review, Standing

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
    return Standing(*(None if each is None else Decision(each) for each in row))
