"""What senders call themselves."""

from collections.abc import Collection, Mapping
from datetime import datetime

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("gifts.store", "user_name.sql")


async def upsert_names(conn: Conn, names: Mapping[str, str | None], *, at: datetime) -> None:
    """Note what users call themselves from now on; None: nothing that can be shown."""
    user_ids = sorted(names)
    await conn.execute(
        STATEMENTS["upsert_names"], user_ids, [names[user_id] for user_id in user_ids], at
    )


async def select_names(conn: Conn, user_ids: Collection[str]) -> dict[str, str]:
    """The names of those of the users who have one."""
    rows = await conn.fetch(STATEMENTS["select_names"], list(user_ids))
    return {row["user_id"]: row["name"] for row in rows}
