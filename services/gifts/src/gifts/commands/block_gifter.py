"""Block somebody from giving to a creator, or no longer."""

from datetime import datetime

from chassis.db import Conn
from gifts.domain.refusals import MalformedError
from gifts.domain.text import check_id
from gifts.store import blocked_gifter as store


async def block_gifter(conn: Conn, creator_id: str, user_id: str, *, at: datetime) -> None:
    """Let somebody give a creator nothing; saying it twice changes nothing.

    Counts for every gift that is written after this transaction has committed. Gifts written before
    are still charged and received.

    Raises:
        MalformedError: The id is none, or the creator's own.
    """
    check_id(user_id, name="userId")
    if user_id == creator_id:
        raise MalformedError(problem="userId is somebody else's: nobody gives to themselves.")
    await store.insert_blocked(conn, creator_id, user_id, at=at)


async def unblock_gifter(conn: Conn, creator_id: str, user_id: str) -> None:
    """Let them give again; saying it twice changes nothing.

    Raises:
        MalformedError: The id is none.
    """
    await store.delete_blocked(conn, creator_id, check_id(user_id, name="userId"))
