"""Bring what was given in rooms, and what is taken back of it, to their trains."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from gifts.domain.room_ledger import Taken
from gifts.domain.room_streak import Given
from gifts.domain.train import Platform, TrainGift
from gifts.domain.train_rules import QUALIFYING_MIN
from gifts.store import train as store


async def move_trains(
    conn: Conn,
    given: Sequence[Given],
    taken: Sequence[Taken],
    open_rooms: Collection[UUID],
    *,
    at: datetime,
) -> Mapping[UUID, Platform]:
    """Let gifts start trains, or add to those that run, and take back from those.

    Writes nothing but trains; their rooms are told of by whoever calls this. Where no gift is dear
    enough to help to start one and none runs, it is one look-up.

    Args:
        conn: An open transaction that has locked the rooms.
        given: Each gift once, in the order charged.
        taken: What is taken back, afterwards.
        open_rooms: Those of all their rooms that are open: others have no train that runs.
        at: Now.

    Returns:
        How trains of these rooms stand now; rooms that never had any are missing.
    """
    if not open_rooms:
        return {}
    platforms = await store.select_platforms(conn, open_rooms)
    is_any_dear = any(gift.coins >= QUALIFYING_MIN for gift in given)
    if not platforms and not is_any_dear:
        return {}
    rules = await store.rules_in_force(conn, at=at) if is_any_dear else None
    before = {room_id: (each.train, each.sparks) for room_id, each in platforms.items()}
    gifts: list[TrainGift] = []
    moved = {
        platform.room_id
        for platform in platforms.values()
        if platform.train is not None and platform.train.end_if_over(at)
    }
    for gift in given:
        if gift.room_id not in open_rooms:
            continue
        platform = platforms.get(gift.room_id)
        if platform is None:
            if rules is None or gift.coins < rules.qualifying_coins:
                continue
            platform = platforms[gift.room_id] = Platform(gift.room_id)
        gifts += platform.give(gift, rules, at=at)
    losses = [loss for loss in taken if loss.room_id in platforms]
    if losses:
        known = await store.select_given(conn, [loss.gift_id for loss in losses])
        known |= {gift.gift_id: gift.train_id for gift in gifts}
        for loss in losses:
            gifts += platforms[loss.room_id].take(loss, known.get(loss.gift_id))
    touched = {gift.train_id for gift in gifts}
    trains = [
        each.train
        for each in platforms.values()
        if each.train is not None and (each.room_id in moved or each.train.train_id in touched)
    ]
    await store.update_trains(conn, trains)
    await store.update_platforms(
        conn,
        [
            each
            for each in platforms.values()
            if before.get(each.room_id) != (each.train, each.sparks)
        ],
    )
    await store.insert_gifts(conn, gifts)
    return platforms
