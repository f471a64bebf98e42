"""Trains of rooms."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.room import Gifter
from gifts.domain.train import Platform, Spark, Train, TrainGift
from gifts.domain.train_rules import TrainRules

STATEMENTS = sql.load("gifts.store", "train.sql")

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Spark])


async def rules_in_force(conn: Conn, *, at: datetime) -> TrainRules:
    """By what trains go that begin at a time."""
    row = await conn.fetchrow(STATEMENTS["rules_in_force"], at)
    assert row is not None, "the first version is older than the system"
    return _rules_of(row)


async def select_platforms(conn: Conn, room_ids: Collection[UUID]) -> dict[UUID, Platform]:
    """Of rooms their newest trains, and the gifts that may start the next; by room.

    Rooms that never had such a gift are missing.
    """
    rows = await conn.fetch(STATEMENTS["select_platforms"], list(room_ids))
    return {row["room_id"]: _platform_of(row) for row in rows}


async def update_platforms(
    conn: Conn, platforms: Sequence[Platform], gifts: Sequence[TrainGift]
) -> None:
    """Write how trains of rooms stand, and what gifts did to them; the rooms are locked."""
    await update_trains(conn, [each.train for each in platforms if each.train is not None])
    await conn.execute(
        STATEMENTS["upsert_platforms"],
        [each.room_id for each in platforms],
        [None if each.train is None else each.train.train_id for each in platforms],
        [_encoder.encode(each.sparks) for each in platforms],
    )
    if gifts:
        await conn.execute(
            STATEMENTS["insert_gifts"],
            [gift.train_id for gift in gifts],
            [gift.seq for gift in gifts],
            [gift.gift_id for gift in gifts],
            [gift.user_id for gift in gifts],
            [gift.coins for gift in gifts],
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
            rules=_rules_of(row),
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


def _rules_of(row: Record) -> TrainRules:
    values = [row[name] for name in TrainRules._fields]
    return TrainRules(*values)._replace(targets=tuple(row["targets"]))
