"""Trains of rooms."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.room import Gifter
from gifts.domain.train import Platform, Spark, Train, TrainGift
from gifts.domain.train_rules import TrainRules
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "train.sql")

_RULES = slice(-len(TrainRules._fields), None)
"""Where they stand in a platform's columns."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Spark])


async def rules_in_force(conn: Conn, *, at: datetime) -> TrainRules:
    """By what trains go that begin at a time."""
    row = await conn.fetchrow(STATEMENTS["rules_in_force"], at)
    assert row is not None, "the first version is older than the system"
    return _rules_of(tuple(row))


async def select_platforms(conn: Conn, room_ids: Collection[UUID]) -> dict[UUID, Platform]:
    """Of rooms their newest trains, and the gifts that may start the next; by room.

    Rooms that never had such a gift are missing.
    """
    rows = await conn.fetch(STATEMENTS["select_platforms"], list(room_ids))
    return {row["room_id"]: _platform_of(row) for row in rows}


async def update_platforms(conn: Conn, platforms: Sequence[Platform]) -> None:
    """Write rooms' trains, and which gifts may start the next; the rooms are locked."""
    if not platforms:
        return
    await conn.execute(
        STATEMENTS["upsert_platforms"],
        [each.room_id for each in platforms],
        [None if each.train is None else each.train.train_id for each in platforms],
        [_encoder.encode(each.sparks) for each in platforms],
    )


async def insert_gifts(conn: Conn, gifts: Sequence[TrainGift]) -> None:
    """Write what gifts did to trains, and what each has given to them by that."""
    if not gifts:
        return
    left: Counter[tuple[UUID, str]] = Counter()
    for gift in gifts:
        left[gift.train_id, gift.user_id] += gift.coins
    await conn.execute(
        STATEMENTS["insert_gifts"],
        [gift.train_id for gift in gifts],
        integers([gift.seq for gift in gifts]),
        [gift.gift_id for gift in gifts],
        texts([gift.user_id for gift in gifts]),
        integers([gift.coins for gift in gifts]),
    )
    for statement, moved in (
        ("add_gifters", [key for key, coins in left.items() if coins > 0]),
        ("move_gifters", [key for key, coins in left.items() if coins < 0]),
    ):
        if moved:
            await conn.execute(
                STATEMENTS[statement],
                [train_id for train_id, _ in moved],
                texts([user_id for _, user_id in moved]),
                integers([left[key] for key in moved]),
            )


async def update_trains(conn: Conn, trains: Sequence[Train]) -> None:
    """Write how trains stand; their rooms are locked."""
    if not trains:
        return
    await conn.execute(
        STATEMENTS["upsert_trains"],
        [train.train_id for train in trains],
        [train.room_id for train in trains],
        [train.rules.version for train in trains],
        [train.started_at for train in trains],
        [train.expires_at for train in trains],
        [train.progress for train in trains],
        [train.level for train in trains],
        [train.gifts for train in trains],
        [train.ended_at for train in trains],
        [train.begin_told for train in trains],
        [train.end_told for train in trains],
    )


async def select_given(conn: Conn, gift_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The trains that gifts came to, by gift; those that came to none are missing."""
    rows = await conn.fetch(STATEMENTS["select_given"], list(gift_ids))
    return {row["gift_id"]: row["train_id"] for row in rows}


async def select_top(
    conn: Conn, train_ids: Collection[UUID], *, limit: int
) -> dict[UUID, list[Gifter]]:
    """Who has given most to each train."""
    top: dict[UUID, list[Gifter]] = {train_id: [] for train_id in train_ids}
    for row in await conn.fetch(STATEMENTS["select_top"], list(top), limit):
        gifters = top[row["train_id"]]
        gifters.append(Gifter(len(gifters) + 1, row["user_id"], row["coins"]))
    return top


async def select_due(conn: Conn, *, at: datetime, limit: int) -> list[UUID]:
    """Rooms whose trains have come to their end."""
    rows = await conn.fetch(STATEMENTS["select_due"], at, limit)
    return [row["room_id"] for row in rows]


def _platform_of(row: Record) -> Platform:
    train = None
    if row["train_id"] is not None:
        train = Train(
            train_id=row["train_id"],
            room_id=row["room_id"],
            rules=_rules_of(row[_RULES]),
            started_at=row["started_at"],
            expires_at=row["expires_at"],
            progress=row["progress"],
            level=row["level"],
            gifts=row["gifts"],
            ended_at=row["ended_at"],
            begin_told=row["begin_told"],
            end_told=row["end_told"],
        )
    return Platform(row["room_id"], train, _decoder.decode(row["sparks"]))


def _rules_of(columns: tuple[Any, ...]) -> TrainRules:
    *others, targets = columns
    return _rules(*others, tuple(targets))


# Most trains go by the same few.
@lru_cache(maxsize=32)
def _rules(*fields: Any) -> TrainRules:  # noqa: ANN401 - whatever columns are
    return TrainRules(*fields)
