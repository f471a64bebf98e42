"""Switch receiving gifts on or off."""

from datetime import datetime

from chassis.db import Conn
from gifts.store import creator as store


async def accept_gifts(conn: Conn, creator_id: str, *, accept: bool, at: datetime) -> None:
    """Let a creator be sent gifts, or no longer; saying it twice changes nothing.

    Counts for every gift that is written after this transaction has committed. Gifts written before
    are still charged and received. Who may opt in is checked before: see `check_eligible`.
    """
    await store.ensure_creator(conn, creator_id, accepts_gifts=accept, changed_at=at)
