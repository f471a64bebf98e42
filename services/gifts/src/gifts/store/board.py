"""Who gave most to each creator and in each room, and who of them may be named."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.board import EVER, Board, Net, Placed, Rung, ScoreKey, Span, Total, board_id_of
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "board.sql")


async def add_scores(conn: Conn, net: Mapping[ScoreKey, Net]) -> dict[ScoreKey, Total]:
    """Add what gifters gave, in the order in which they came to their sums; what all is by now."""
    if not net:
        return {}
    creators = {board_id_of(creator_id): creator_id for creator_id, _ in net}
    rows = await conn.fetch(STATEMENTS["add_scores"], *_columns(net))
    return {
        (creators[board_id], user_id): Total(coins, is_first)
        for board_id, user_id, coins, is_first in rows
    }


async def move_scores(conn: Conn, net: Mapping[ScoreKey, Net]) -> None:
    """Take back what gifters gave, or give it back."""
    if net:
        await conn.execute(STATEMENTS["move_scores"], *_columns(net))


async def find_coins(conn: Conn, creator_id: str, user_id: str) -> int:
    """All that somebody gave a creator and that was not taken back."""
    return await conn.fetchval(STATEMENTS["find_coins"], board_id_of(creator_id), user_id) or 0


async def select_top(conn: Conn, board: Board, *, limit: int) -> list[Placed]:
    """The first of a board."""
    return [Placed(*row) for row in await conn.fetch(STATEMENTS["select_top"], *_key(board), limit)]


async def find_placed(conn: Conn, board: Board, user_id: str) -> Placed | None:
    """Where somebody stands; None: nothing that they gave is left."""
    row = await conn.fetchrow(STATEMENTS["find_placed"], *_key(board), user_id)
    return None if row is None or not row["coins"] else Placed(*row)


async def find_next(conn: Conn, board: Board, placed: Placed) -> Placed | None:
    """The one directly before somebody; None: they are the first."""
    row = await conn.fetchrow(STATEMENTS["find_next"], *_key(board), placed.coins, placed.place)
    return None if row is None else Placed(*row)


async def count_between(conn: Conn, board: Board, placed: Placed, rung: Rung, *, limit: int) -> int:
    """How many stand before somebody and not before a rung; `limit` or more: at least as many."""
    return await conn.fetchval(
        STATEMENTS["count_between"],
        *_key(board),
        placed.coins,
        placed.place,
        rung.coins,
        rung.place,
        limit,
    )


async def select_rungs(conn: Conn, board: Board, *, every: int) -> list[Rung]:
    """Who stands at each `every`th place, from the first such on. Reads the whole board."""
    return [Rung(*row) for row in await conn.fetch(STATEMENTS["select_rungs"], *_key(board), every)]


async def ensure_consent(conn: Conn, user_id: str, *, is_shown: bool, changed_at: datetime) -> None:
    """Set whether a gifter may be named, from this transaction's commit on."""
    await conn.execute(STATEMENTS["ensure_consent"], user_id, is_shown, changed_at)


async def select_named(conn: Conn, user_ids: Collection[str]) -> dict[str, str | None]:
    """Those of the gifters who may be named, and what they call themselves; None: not known."""
    if not user_ids:
        return {}
    rows = await conn.fetch(STATEMENTS["select_named"], user_ids)
    return {row["user_id"]: row["name"] for row in rows}


def _columns(net: Mapping[ScoreKey, Net]) -> tuple[object, ...]:
    creators = _numbered(creator_id for creator_id, _ in net)
    windows = _numbered(each.windows for each in net.values())
    hours, days, weeks = zip(*windows, strict=True)
    return (
        [board_id_of(creator_id) for creator_id in creators],
        hours,
        days,
        weeks,
        integers([creators[creator_id] for creator_id, _ in net]),
        integers([windows[each.windows] for each in net.values()]),
        texts([user_id for _, user_id in net]),
        integers([each.hour_coins for each in net.values()]),
        integers([each.day_coins for each in net.values()]),
        integers([each.week_coins for each in net.values()]),
        integers([each.coins for each in net.values()]),
    )


def _numbered[T](values: Iterable[T]) -> dict[T, int]:
    """Each value once, with its number from 1 on: what is the same in many rows is sent once."""
    return {value: number for number, value in enumerate(dict.fromkeys(values), 1)}


def _key(board: Board) -> tuple[UUID, Span, datetime]:
    return board.board_id, board.window.span, board.window.starts_at or EVER
