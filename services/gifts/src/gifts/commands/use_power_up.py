"""Use a power-up in a battle."""

from uuid import UUID

from chassis.clock import Clock
from chassis.db import Conn
from gifts.commands.lock_battle import lock_battle
from gifts.commands.tell_owed import tell_owed
from gifts.domain.battle import Battle, PowerUpKind, due_at
from gifts.domain.refusals import IdempotencyConflictError
from gifts.domain.room_rules import RoomRules
from gifts.store import battle as store
from gifts.store.battle_event import insert_power_up


async def use_power_up(
    conn: Conn,
    battle_id: UUID,
    room_id: UUID,
    creator_id: str,
    power_up_id: UUID,
    kind: PowerUpKind,
    rules: RoomRules,
    *,
    now: Clock,
) -> Battle:
    """Use a power-up once, however often it is asked for.

    Args:
        conn: An open transaction.
        battle_id: The battle.
        room_id: The caller's room.
        creator_id: The caller.
        power_up_id: Of the client's making.
        kind: Which one.
        rules: Of rooms, in force.
        now: The clock. It is read when the locks are held: what was booked before them was charged
            before them.

    Raises:
        BattleUnknownError: The caller's room is in no such battle.
        BattleNotRunningError: It has not begun, or its end has come.
        PowerUpUsedUpError: As many were used as may be.
        IdempotencyConflictError: The id belongs to another power-up.
    """
    battle, rooms, side = await lock_battle(conn, battle_id, room_id, creator_id)
    at = now()
    for earlier in battle.power_ups:
        if earlier.power_up_id == power_up_id:
            if (earlier.side, earlier.kind) != (side, kind):
                raise IdempotencyConflictError
            return battle
    power_up = battle.use(side, kind, power_up_id, at=at)
    if not await insert_power_up(conn, power_up):
        raise IdempotencyConflictError
    battle.due_at = due_at(battle, at)
    await store.update_battles(conn, [battle])
    await tell_owed(conn, rooms, rules, at=at)
    return battle
