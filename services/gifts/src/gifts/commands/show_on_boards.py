"""Let a gifter be named, or no longer."""

from datetime import datetime

from chassis.db import Conn
from gifts.store import board as store


async def show_on_boards(conn: Conn, user_id: str, *, show: bool, at: datetime) -> None:
    """Let a gifter be named on boards and in rooms, or no longer; saying it twice changes nothing.

    Counts for whatever is read or told after this transaction has committed, whenever the gifts
    were given.
    """
    await store.ensure_consent(conn, user_id, is_shown=show, changed_at=at)
