"""Whom creators have blocked."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("gifts.store", "blocked_gifter.sql")

_SEQ_MAX = 2**63 - 1


class Blocked(NamedTuple):
    """Somebody at their place in a creator's list."""

    seq: int
    user_id: str
    blocked_at: datetime


async def insert_blocked(conn: Conn, creator_id: str, user_id: str, *, at: datetime) -> None:
    """Block somebody, unless they are blocked already."""
    await conn.execute(STATEMENTS["insert_blocked"], creator_id, user_id, at)


async def delete_blocked(conn: Conn, creator_id: str, user_id: str) -> None:
    """Block somebody no longer."""
    await conn.execute(STATEMENTS["delete_blocked"], creator_id, user_id)


async def select_blocked(
    conn: Conn, creator_id: str, *, beyond: int | None, limit: int, backward: bool
) -> Sequence[Blocked]:
    """Whom a creator has blocked, beyond a place: earlier ones, latest first; or the other way."""
    if beyond is None:
        beyond = 0 if backward else _SEQ_MAX
    statement = STATEMENTS[f"select_blocked_{'oldest' if backward else 'newest'}"]
    return [Blocked(*row) for row in await conn.fetch(statement, creator_id, beyond, limit)]
