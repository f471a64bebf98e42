"""Bring what was given in rooms, and what is taken back of it, to their battles."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from gifts.domain.battle import Battle, BattleEvent, due_at
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
    charged: dict[UUID, list[datetime]] = defaultdict(list)
    for gift in given:
        if gift.room_id in room_ids:
            charged[gift.room_id].append(gift.charged_at)
    gift_ids = {loss.gift_id for loss in taken}
    if not charged and not gift_ids:
        return
    battle_ids = await select_touched(conn, charged, gift_ids)
    if not battle_ids:
        return
    battles = await store.lock_battles(conn, battle_ids)
    of_rooms = _by_room(battles.values())
    known = await select_given(conn, gift_ids) if gift_ids else {}
    events: list[BattleEvent] = []
    for gift in given:
        event = _give(of_rooms.get(gift.room_id, ()), gift)
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


def _by_room(battles: Iterable[Battle]) -> Mapping[UUID, Sequence[Battle]]:
    """The newest first."""
    found: dict[UUID, list[Battle]] = defaultdict(list)
    for battle in battles:
        for room_id in battle.room_ids:
            found[room_id].append(battle)
    for each in found.values():
        each.sort(key=lambda battle: battle.started_at or battle.invited_at, reverse=True)
    return found


def _give(battles: Iterable[Battle], gift: Given) -> BattleEvent | None:
    """A late one counts in the battle of its own time, though another may run by now (E26)."""
    for battle in battles:
        side = battle.side_of(gift.room_id)
        assert side is not None
        event = battle.give(side, gift.gift_id, gift.coins, charged_at=gift.charged_at)
        if event is not None:
            return event
    return None
