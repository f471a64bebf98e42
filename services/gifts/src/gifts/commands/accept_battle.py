"""Accept a battle, which begins it."""

from uuid import UUID

import msgspec

from chassis.clock import Clock
from chassis.db import Conn
from gifts.commands.lock_battle import lock_battle
from gifts.commands.tell_owed import tell_owed
from gifts.domain.battle import RIGHT, Battle, due_at
from gifts.domain.refusals import (
    BattleInvitationExpiredError,
    BattleUnknownError,
    RoomInBattleError,
    RoomNotOpenError,
)
from gifts.domain.room_rules import RoomRules
from gifts.store import battle as store
from gifts.store.room import note_battled


async def accept_battle(
    conn: Conn,
    battle_id: UUID,
    room_id: UUID,
    creator_id: str,
    rules: RoomRules,
    *,
    seed: bytes,
    now: Clock,
) -> Battle:
    """Begin a battle that was proposed to the caller's room; accepted again it stays as it is.

    Args:
        conn: An open transaction.
        battle_id: The battle.
        room_id: The caller's room.
        creator_id: The caller.
        rules: Of rooms, in force.
        seed: Random; its hash is told from now on, and itself with the result.
        now: The clock. It is read when the locks are held: what was booked before them was charged
            before them.

    Raises:
        BattleUnknownError: No such battle was proposed to the caller's room.
        BattleInvitationExpiredError: It was too long ago.
        RoomNotOpenError: One of the rooms has closed.
        RoomInBattleError: One of the rooms is in a battle that has not ended.
    """
    battle, rooms, side = await lock_battle(conn, battle_id, room_id, creator_id)
    at = now()
    if side != RIGHT:
        raise BattleUnknownError
    if battle.started_at is not None:
        return battle
    if battle.status(at) == "EXPIRED":
        raise BattleInvitationExpiredError
    if any(room.closed_at is not None for room in rooms):
        raise RoomNotOpenError
    newest = await store.select_newest(conn, battle.room_ids)
    others = await store.select_battles(conn, set(newest.values()))
    if any(other.ended is None for other in others.values()):
        raise RoomInBattleError
    battle.start(seed, at=at)
    battle.due_at = due_at(battle, at)
    await store.update_battles(conn, [battle])
    await store.insert_battle_rooms(conn, battle, started_at=at)
    await note_battled(conn, battle.room_ids)
    rooms = [msgspec.structs.replace(room, has_battled=True) for room in rooms]
    await tell_owed(conn, rooms, rules, at=at)
    return battle
