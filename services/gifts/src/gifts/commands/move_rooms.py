"""Bring what was given in rooms, and what is taken back of it, to the rooms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chassis.db import Conn
from contracts.gifts.live import RoomFrame
from gifts.commands.move_battles import move_battles
from gifts.commands.move_trains import move_trains
from gifts.commands.tell_rooms import tell_rooms
from gifts.domain.badge import NO_BADGES, Badges
from gifts.domain.room import Room
from gifts.domain.room_ledger import GifterKey, RoomLedger, Taken
from gifts.domain.room_rules import RoomRules
from gifts.domain.room_streak import Given, Streak
from gifts.domain.room_top import GIFTERS_SHOWN, TopGifter, move_top, pack, unpack
from gifts.store import room as store
from gifts.store import room_streak as streaks
from gifts.store.room_gifter import add_gifters, move_gifters, select_top


async def move_rooms(
    conn: Conn,
    given: Sequence[Given],
    taken: Sequence[Taken],
    rules: RoomRules,
    *,
    badges: Badges = NO_BADGES,
    at: datetime,
) -> Sequence[RoomFrame]:
    """Add gifts to their rooms, and take back what is taken back, with everything that follows.

    Rooms that were never opened are passed over. What was sent to a room before it closed counts,
    however late it is charged.

    Locks: the rooms, in id order, then their battles, in id order. Call it after everything else
    that locks gifts or totals.

    Args:
        conn: An open transaction: the one that settles the gifts, or takes them back.
        given: Each gift once, in the order charged.
        taken: What is taken back, afterwards.
        rules: In force.
        badges: What is shown of those who gave the gifts.
        at: Now.

    Returns:
        Frames to be published by this transaction: see `tell_rooms`.
    """
    room_ids = {each.room_id for each in (*given, *taken)}
    rooms = await store.lock_rooms(conn, room_ids) if room_ids else []
    if not rooms:
        return ()
    known = {room.room_id for room in rooms}
    streakable = await _streakable(conn, [gift for gift in given if gift.room_id in known])
    battled = {room.room_id for room in rooms if room.has_battled}
    await move_battles(conn, given, taken, battled, at=at)
    open_rooms = {room.room_id for room in rooms if room.closed_at is None}
    platforms = await move_trains(conn, given, taken, open_rooms, at=at)
    ledger = RoomLedger(rooms, await _open_streaks(conn, given, streakable), rules, at=at)
    ledger.give(given, streakable=streakable, badges=badges)
    ledger.take_back(taken)
    left: dict[GifterKey, int] = await add_gifters(conn, ledger.added)
    left |= await move_gifters(conn, ledger.taken)
    after = ledger.rooms(left)
    told = await tell_rooms(
        conn,
        await _with_top(conn, after, ledger.moved_to(left)),
        rules,
        lines=ledger.lines,
        streaks=ledger.streaks,
        platforms=platforms,
        at=at,
    )
    return told.frames


async def _with_top(
    conn: Conn, rooms: Sequence[Room], moved: Mapping[UUID, Sequence[TopGifter]]
) -> list[Room]:
    """The rooms with their first gifters as they are by now."""
    tops = {room.room_id: move_top(unpack(room.top), moved.get(room.room_id, ())) for room in rooms}
    fallen = [room_id for room_id, top in tops.items() if top is None]
    if fallen:
        tops |= await select_top(conn, fallen, limit=GIFTERS_SHOWN)
    return [msgspec.structs.replace(room, top=pack(tops[room.room_id] or ())) for room in rooms]


async def _streakable(conn: Conn, given: Sequence[Given]) -> set[tuple[int, str]]:
    items = {(gift.catalogue_version, gift.item_id) for gift in given if gift.message is None}
    return await streaks.select_streakable(conn, items) if items else set()


async def _open_streaks(
    conn: Conn, given: Sequence[Given], streakable: set[tuple[int, str]]
) -> Sequence[Streak]:
    keys = {
        (gift.room_id, gift.sender_id, gift.item_id)
        for gift in given
        if gift.message is None and (gift.catalogue_version, gift.item_id) in streakable
    }
    return await streaks.select_open(conn, keys) if keys else ()
