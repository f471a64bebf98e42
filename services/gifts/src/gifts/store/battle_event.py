"""What happened in battles."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.battle import BattleEvent, PowerUp
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "battle_event.sql")


async def select_touched(
    conn: Conn, charged: Mapping[UUID, Sequence[datetime]], gift_ids: Collection[UUID]
) -> list[UUID]:
    """The battles that may concern what was charged in rooms, and those that gifts came to.

    Of each room, those are the last one to begin before its first charge, and all that began before
    its last one. `charged` is when, by room.
    """
    rows = await conn.fetch(
        STATEMENTS["select_touched"],
        list(charged),
        [min(times) for times in charged.values()],
        [max(times) for times in charged.values()],
        list(gift_ids),
    )
    return [row["battle_id"] for row in rows]


async def select_given(conn: Conn, gift_ids: Collection[UUID]) -> dict[UUID, BattleEvent]:
    """What gifts did for points, by gift; those that came to no battle are missing."""
    rows = await conn.fetch(STATEMENTS["select_given"], list(gift_ids))
    return {row["gift_id"]: BattleEvent(*row) for row in rows}


async def select_events(conn: Conn, battle_id: UUID) -> list[BattleEvent]:
    """All that gifts, and what was taken back of them, did to a battle, in order."""
    return [BattleEvent(*row) for row in await conn.fetch(STATEMENTS["select_events"], battle_id)]


async def insert_events(conn: Conn, events: Sequence[BattleEvent]) -> None:
    """Add to the logs of battles."""
    await conn.execute(
        STATEMENTS["insert_events"],
        [event.battle_id for event in events],
        integers([event.seq for event in events]),
        texts([event.kind for event in events]),
        integers([event.side for event in events]),
        [event.gift_id for event in events],
        integers([event.coins for event in events]),
        integers([event.multiplier for event in events]),
        [event.charged_at for event in events],
    )


async def select_power_ups(conn: Conn, battle_ids: Collection[UUID]) -> list[PowerUp]:
    """What was used in battles, each battle's in order."""
    rows = await conn.fetch(STATEMENTS["select_power_ups"], list(battle_ids))
    return [PowerUp(*row) for row in rows]


async def insert_power_up(conn: Conn, power_up: PowerUp) -> bool:
    """Note that one was used; False: its id is taken."""
    return await conn.fetchval(STATEMENTS["insert_power_up"], *power_up) is not None
