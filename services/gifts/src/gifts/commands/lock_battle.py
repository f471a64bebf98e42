"""A battle of a host's, locked."""

from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from gifts.domain.battle import Battle
from gifts.domain.refusals import BattleUnknownError
from gifts.domain.room import Room
from gifts.store import battle as store
from gifts.store.room import lock_rooms


class Locked(NamedTuple):
    """A battle and its rooms, until the transaction ends."""

    battle: Battle
    rooms: list[Room]
    side: int
    """Whose host the caller is."""


async def lock_battle(conn: Conn, battle_id: UUID, room_id: UUID, creator_id: str) -> Locked:
    """Both rooms in id order, then the battle: everybody's order.

    Raises:
        BattleUnknownError: There is none, or the room is no side of it, or not the caller's.
    """
    # A battle keeps its rooms, so what is read before the locks stays true.
    battle = (await store.select_battles(conn, [battle_id])).get(battle_id)
    side = None if battle is None else battle.side_of(room_id)
    if battle is None or side is None or battle.sides[side].creator_id != creator_id:
        raise BattleUnknownError
    rooms = await lock_rooms(conn, battle.room_ids)
    return Locked((await store.lock_battles(conn, [battle_id]))[battle_id], rooms, side)
