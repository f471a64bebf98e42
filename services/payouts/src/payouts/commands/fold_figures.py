"""Add up what creators were given, by whom, by what and by day."""

from chassis.db import Conn
from payouts.store import figures


async def fold_figures(conn: Conn) -> None:
    """Add what the journals recorded up to the newest mark, each entry once.

    What is taken back of a gift changes the figures of its day, however late.

    Locks: the fold.
    """
    due = await figures.lock_fold(conn)
    if due is not None:
        await figures.fold(conn, due)
