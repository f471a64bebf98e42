"""Points of gifters, and the levels that they have reached."""

from collections.abc import Collection, Mapping, Sequence

from chassis import sql
from chassis.db import Conn
from gifts.domain.gifter import Gifter
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "gifter.sql")


async def add_points(
    conn: Conn, net: Mapping[str, int], *, steps: Sequence[int], shown: Collection[str]
) -> list[Gifter]:
    """Add points, in the order of the ids; how those stand by now whom it concerns.

    Args:
        conn: An open transaction.
        net: By user.
        steps: From which points each level is reached: who has passed one that was never told of.
        shown: Who are asked for besides.
    """
    if not net:
        return []
    rows = await conn.fetch(
        STATEMENTS["add_points"],
        texts(list(net)),
        integers(list(net.values())),
        steps,
        list(shown),
    )
    return [Gifter(*row) for row in rows]


async def move_points(conn: Conn, net: Mapping[str, int]) -> None:
    """Take points back, or give them back."""
    if net:
        await conn.execute(STATEMENTS["move_points"], list(net), list(net.values()))


async def reach_levels(conn: Conn, gifters: Sequence[Gifter]) -> None:
    """Note which levels were told of; the caller holds the gifters' locks."""
    await conn.execute(
        STATEMENTS["reach_levels"],
        [each.user_id for each in gifters],
        [each.reached_level for each in gifters],
        [each.reached_at for each in gifters],
    )


async def select_gifters(conn: Conn, user_ids: Collection[str]) -> dict[str, Gifter]:
    """How gifters stand; who never gave anything is missing."""
    rows = await conn.fetch(STATEMENTS["select_gifters"], list(user_ids))
    return {row["user_id"]: Gifter(*row) for row in rows}
