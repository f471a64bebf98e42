"""Battles."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.battle import Battle, Ended, Side
from gifts.domain.battle_rules import BattleRules
from gifts.store.battle_event import select_power_ups

STATEMENTS = sql.load("gifts.store", "battle.sql")


class Due(NamedTuple):
    """A battle that the clock has to look at."""

    battle_id: UUID
    left_room_id: UUID
    right_room_id: UUID


async def rules_in_force(conn: Conn, *, at: datetime) -> BattleRules:
    """By what battles go that are proposed at a time."""
    row = await conn.fetchrow(STATEMENTS["rules_in_force"], at)
    assert row is not None, "the first version is older than the system"
    return BattleRules(*row)


async def insert_battle(conn: Conn, battle: Battle) -> bool:
    """Propose a battle; False: its id is taken."""
    left, right = battle.sides
    inserted = await conn.fetchval(
        STATEMENTS["insert_battle"],
        battle.battle_id,
        battle.rules.version,
        left.room_id,
        left.creator_id,
        right.room_id,
        right.creator_id,
        battle.invited_at,
        battle.length_s,
    )
    return inserted is not None


async def select_battles(conn: Conn, battle_ids: Collection[UUID]) -> dict[UUID, Battle]:
    """The battles of these ids, as far as there are any, by id."""
    return await _battles(conn, "select_battles", battle_ids)


async def lock_battles(conn: Conn, battle_ids: Collection[UUID]) -> dict[UUID, Battle]:
    """The same, until the transaction ends."""
    return await _battles(conn, "lock_battles", battle_ids)


async def select_newest(conn: Conn, room_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each room the newest battle that began in it; rooms that never had one are missing."""
    rows = await conn.fetch(STATEMENTS["select_newest"], list(room_ids))
    return {row["room_id"]: row["battle_id"] for row in rows}


async def newest_battles(conn: Conn, room_ids: Collection[UUID]) -> dict[UUID, Battle]:
    """Of each room the newest battle that began in it, as it stands, by room."""
    newest = await select_newest(conn, room_ids)
    if not newest:
        return {}
    battles = await select_battles(conn, set(newest.values()))
    return {room_id: battles[battle_id] for room_id, battle_id in newest.items()}


async def select_invitations(
    conn: Conn, room_id: UUID, *, since: datetime, limit: int
) -> list[UUID]:
    """The battles that a room was asked to after a time, newest first, none of them accepted."""
    rows = await conn.fetch(STATEMENTS["select_invitations"], room_id, since, limit)
    return [row["battle_id"] for row in rows]


async def select_due(conn: Conn, *, at: datetime, limit: int) -> list[Due]:
    """Battles that the clock has to look at."""
    return [Due(*row) for row in await conn.fetch(STATEMENTS["select_due"], at, limit)]


async def insert_battle_rooms(conn: Conn, battle: Battle, *, started_at: datetime) -> None:
    """Note that a battle has begun in its rooms, which the caller has locked."""
    await conn.execute(
        STATEMENTS["insert_battle_rooms"], list(battle.room_ids), started_at, battle.battle_id
    )


async def update_battles(conn: Conn, battles: Sequence[Battle]) -> None:
    """Write how battles stand that this transaction has locked."""
    await conn.execute(
        STATEMENTS["update_battles"],
        [battle.battle_id for battle in battles],
        [battle.started_at for battle in battles],
        [battle.ends_at for battle in battles],
        [battle.seed for battle in battles],
        [battle.ended and battle.ended.at for battle in battles],
        [battle.ended and battle.ended.seq for battle in battles],
        [battle.winner for battle in battles],
        *([battle.sides[side].points for battle in battles] for side in (0, 1)),
        *([battle.sides[side].later_points for battle in battles] for side in (0, 1)),
        *([battle.sides[side].hits for battle in battles] for side in (0, 1)),
        *([battle.sides[side].combos for battle in battles] for side in (0, 1)),
        *([battle.sides[side].untold for battle in battles] for side in (0, 1)),
        [battle.events for battle in battles],
        [battle.due_at for battle in battles],
    )


async def _battles(conn: Conn, statement: str, battle_ids: Collection[UUID]) -> dict[UUID, Battle]:
    rows = await conn.fetch(STATEMENTS[statement], list(battle_ids))
    battles = {row["battle_id"]: _battle_of(row) for row in rows}
    begun = [battle.battle_id for battle in battles.values() if battle.events]
    if begun:
        for power_up in await select_power_ups(conn, begun):
            battles[power_up.battle_id].power_ups.append(power_up)
    return battles


def _battle_of(row: Record) -> Battle:
    left, right = (
        Side(
            room_id=row[f"{side}_room_id"],
            creator_id=row[f"{side}_creator_id"],
            points=row[f"{side}_points"],
            later_points=row[f"{side}_later_points"],
            hits=row[f"{side}_hits"],
            combos=row[f"{side}_combos"],
            untold=row[f"{side}_untold"],
        )
        for side in ("left", "right")
    )
    ended = None
    if row["ended_at"] is not None:
        ended = Ended(row["ended_seq"], row["ended_at"])
    return Battle(
        battle_id=row["battle_id"],
        rules=BattleRules(*(row[name] for name in BattleRules._fields)),
        sides=(left, right),
        invited_at=row["invited_at"],
        length_s=row["length_s"],
        started_at=row["started_at"],
        ends_at=row["ends_at"],
        seed=row["seed"],
        ended=ended,
        events=row["events"],
        due_at=row["due_at"],
    )
