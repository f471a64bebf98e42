"""Bring what was given in rooms, and what is taken back of it, to their battles."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from gifts.domain.battle import BattleEvent, due_at
from gifts.domain.room_ledger import Taken
from gifts.domain.room_streak import Given
from gifts.store import battle as store
from gifts.store.battle_event import insert_events, select_given, select_touched


async def move_battles(
    conn: Conn,
    given: Sequence[Given],
    taken: Sequence[Taken],
    room_ids: Collection[UUID],
    *,
    at: datetime,
) -> None:
    """Add gifts to the points of the battles that their rooms are in, and take back of them.

    Writes nothing but battles. The rival's room is not locked, which could wait in a circle: the
    clock tells it.

    Args:
        conn: An open transaction that has locked the rooms.
        given: Each gift once, in the order charged.
        taken: What is taken back, afterwards.
        room_ids: In which a battle ever began, of all of them.
        at: Now.
    """
    gift_ids = {loss.gift_id for loss in taken}
    if not room_ids and not gift_ids:
        return
    battle_ids = await select_touched(conn, room_ids, gift_ids)
    if not battle_ids:
        return
    battles = await store.lock_battles(conn, battle_ids)
    of_rooms = {
        room_id: battle
        for room_id, battle_id in (await store.select_newest(conn, room_ids)).items()
        for battle in [battles[battle_id]]
    }
    known = await select_given(conn, gift_ids) if gift_ids else {}
    events: list[BattleEvent] = []
    for gift in given:
        battle = of_rooms.get(gift.room_id)
        side = None if battle is None else battle.side_of(gift.room_id)
        if battle is None or side is None:
            continue
        event = battle.give(side, gift.gift_id, gift.coins, charged_at=gift.charged_at)
        if event is not None:
            events.append(event)
            known[gift.gift_id] = event
    events += [
        battles[known[loss.gift_id].battle_id].take(known[loss.gift_id], loss.coins)
        for loss in taken
        if loss.gift_id in known
    ]
    if not events:
        return
    for event in events:
        battles[event.battle_id].sides[1 - event.side].untold = True
    moved = [battles[battle_id] for battle_id in {event.battle_id for event in events}]
    for battle in moved:
        battle.due_at = due_at(battle, at)
    await insert_events(conn, events)
    await store.update_battles(conn, moved)
