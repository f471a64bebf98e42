"""Who gave most to each creator and in each room, and who of them may be named."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.board import EVER, Board, Net, Placed, Rung, ScoreKey, Span, board_id_of
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "board.sql")


class GivenBy(NamedTuple):
    """What matters on boards of a gift that was sent."""

    creator_id: str
    sender_id: str
    sent_at: datetime


async def add_scores(conn: Conn, net: Mapping[ScoreKey, Net]) -> None:
    """Add what gifters gave, in the order in which they came to their sums."""
    await _change(conn, "add_scores", net)


async def move_scores(conn: Conn, net: Mapping[ScoreKey, Net]) -> None:
    """Take back what gifters gave, or give it back."""
    await _change(conn, "move_scores", net)


async def select_given(conn: Conn, gift_ids: Collection[UUID]) -> dict[UUID, GivenBy]:
    """Who gave gifts that were sent, to whom and when."""
    rows = await conn.fetch(STATEMENTS["select_given"], gift_ids)
    return {
        row["gift_id"]: GivenBy(row["creator_id"], row["sender_id"], row["settled_at"])
        for row in rows
    }


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


async def select_shown(conn: Conn, user_ids: Collection[str]) -> set[str]:
    """Those of the gifters who may be named."""
    if not user_ids:
        return set()
    return {row["user_id"] for row in await conn.fetch(STATEMENTS["select_shown"], user_ids)}


async def _change(conn: Conn, statement: str, net: Mapping[ScoreKey, Net]) -> None:
    if not net:
        return
    creators = _numbered(creator_id for creator_id, _ in net)
    windows = _numbered(each.windows for each in net.values())
    hours, days, weeks = zip(*windows, strict=True)
    await conn.execute(
        STATEMENTS[statement],
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
