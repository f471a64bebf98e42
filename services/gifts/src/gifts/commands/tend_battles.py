"""Do what is due in battles by the clock: tell rivals, lift mists, decide."""

from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from gifts.commands.tell_owed import tell_owed
from gifts.domain.battle import Battle, due_at, is_lifted, is_over
from gifts.domain.room_rules import RoomRules
from gifts.store import battle as store
from gifts.store.room import lock_rooms

BATTLES_AT_ONCE = 20
"""In one transaction: it holds the locks of their rooms, which settling waits for."""


async def tend_due_battles(
    conn: Conn, rules: RoomRules, *, at: datetime, since: datetime | None = None
) -> bool:
    """Look at the battles that have waited longest; whether there may be more.

    Several processes may do this at the same time: whoever locks a battle first has done it when
    the others get to it.

    Args:
        conn: An open transaction.
        rules: Of rooms, in force.
        at: Now.
        since: When charges began to be read, if that was not always: until the time for late ones
            has passed since then, nothing is decided.
    """
    due = await store.select_due(conn, at=at, limit=BATTLES_AT_ONCE)
    if not due:
        return False
    room_ids = {room_id for each in due for room_id in (each.left_room_id, each.right_room_id)}
    rooms = {room.room_id: room for room in await lock_rooms(conn, room_ids)}
    locked = await store.lock_battles(conn, [each.battle_id for each in due])
    looked_at = [
        battle for battle in locked.values() if battle.due_at is not None and battle.due_at <= at
    ]
    telling = {room_id for battle in looked_at for room_id in _look_at(battle, at, since)}
    if looked_at:
        await store.update_battles(conn, looked_at)
    await tell_owed(conn, [rooms[room_id] for room_id in sorted(telling)], rules, at=at)
    return len(due) == BATTLES_AT_ONCE


def _look_at(battle: Battle, at: datetime, since: datetime | None) -> list[UUID]:
    """The rooms that are to be told of what has changed by now."""
    if is_over(battle, at, since):
        battle.end(at=at)
        telling = list(battle.room_ids)
    elif is_lifted(battle, at):
        telling = list(battle.room_ids)
    else:
        telling = [side.room_id for side in battle.sides if side.untold]
    for side in battle.sides:
        side.untold = False
    battle.due_at = due_at(battle, at, since)
    return telling
