"""After a restore: lift creators' versions above what was told of them, and tell how they stand."""

from collections.abc import Mapping
from datetime import datetime

from chassis import outbox
from chassis.db import Conn
from payouts.commands.tell_earnings import figure_earnings
from payouts.store import earnings


async def overtake_told(conn: Conn, versions: Mapping[str, int], *, at: datetime) -> int:
    """Listeners take an older version for old news: without this they would hear nothing new.

    Locks: the creators in the order of their ids.

    Args:
        conn: An open transaction.
        versions: The newest that was told of each creator.
        at: Now.

    Returns:
        How many creators were told of. Of those who are not behind, or not known, nothing
        changes.
    """
    behind = await earnings.raise_versions(conn, versions)
    events = await figure_earnings(conn, behind, at=at)
    await outbox.record(conn, *events)
    return len(events)
