"""Propose a battle to another room."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from gifts.domain.battle import Battle, Side
from gifts.domain.refusals import (
    IdempotencyConflictError,
    MalformedError,
    RoomNotOpenError,
    RoomUnknownError,
)
from gifts.domain.room_rules import RoomRules
from gifts.store import battle as store
from gifts.store.room import find_room


class Proposed(NamedTuple):
    """A battle as it stands now."""

    battle: Battle
    replayed: bool
    """Whether an earlier request proposed it."""


async def propose_battle(
    conn: Conn,
    battle_id: UUID,
    room_id: UUID,
    rival_room_id: UUID,
    creator_id: str,
    rules: RoomRules,
    *,
    at: datetime,
) -> Proposed:
    """Propose a battle once, however often it is asked for. Its start is what the rival decides.

    Args:
        conn: An open transaction.
        battle_id: Of the client's making.
        room_id: The caller's.
        rival_room_id: Whom it is proposed to.
        creator_id: The caller.
        rules: Of rooms, in force.
        at: Now.

    Raises:
        MalformedError: Of a room with itself.
        IdempotencyConflictError: The id belongs to another battle.
        RoomUnknownError: The caller hosts no such room.
        RoomNotOpenError: One of the rooms is closed, or the rival's was never opened.
    """
    if room_id == rival_room_id:
        raise MalformedError(problem="rivalRoomId is another room.")
    found = await store.select_battles(conn, [battle_id])
    if battle_id not in found:
        battle = await _battle(conn, battle_id, room_id, rival_room_id, creator_id, rules, at)
        if await store.insert_battle(conn, battle):
            return Proposed(battle, replayed=False)
        found = await store.select_battles(conn, [battle_id])
    earlier = found[battle_id]
    if earlier.room_ids != (room_id, rival_room_id) or earlier.sides[0].creator_id != creator_id:
        raise IdempotencyConflictError
    return Proposed(earlier, replayed=True)


async def _battle(
    conn: Conn,
    battle_id: UUID,
    room_id: UUID,
    rival_room_id: UUID,
    creator_id: str,
    rules: RoomRules,
    at: datetime,
) -> Battle:
    room = await find_room(conn, room_id)
    if room is None or room.creator_id != creator_id:
        raise RoomUnknownError
    rival = await find_room(conn, rival_room_id)
    if rival is None or rival.closed_at is not None or room.closed_at is not None:
        raise RoomNotOpenError
    return Battle(
        battle_id=battle_id,
        rules=await store.rules_in_force(conn, at=at),
        sides=(Side(room_id, creator_id), Side(rival_room_id, rival.creator_id)),
        invited_at=at,
        length_s=int(rules.battle_length.total_seconds()),
    )
