"""Bring what was given in rooms, and what is taken back of it, to the rooms."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import Conn
from contracts.gifts.live import RoomFrame
from gifts.commands.move_battles import move_battles
from gifts.commands.move_trains import move_trains
from gifts.commands.tell_rooms import tell_rooms
from gifts.domain.badge import NO_BADGES, Badges
from gifts.domain.room_ledger import GifterKey, Given, RoomLedger, Taken
from gifts.domain.room_rules import RoomRules
from gifts.domain.room_streak import Streak
from gifts.store import room as store
from gifts.store import room_streak as streaks
from gifts.store.room_gifter import add_gifters, move_gifters


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
    await move_battles(conn, given, taken, known, at=at)
    open_rooms = {room.room_id for room in rooms if room.closed_at is None}
    await move_trains(conn, given, taken, open_rooms, at=at)
    ledger = RoomLedger(rooms, await _open_streaks(conn, given, streakable), rules, at=at)
    ledger.give(given, streakable=streakable, badges=badges)
    ledger.take_back(taken)
    await _write_streaks(conn, ledger)
    left: dict[GifterKey, int] = await add_gifters(conn, ledger.added)
    left |= await move_gifters(conn, ledger.taken)
    told = await tell_rooms(conn, ledger.rooms(left), ledger.lines, rules, at=at)
    return told.frames


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


async def _write_streaks(conn: Conn, ledger: RoomLedger) -> None:
    # Those that end first: of each key one at most may be open.
    earlier, new = ledger.streaks.touched()
    if earlier:
        await streaks.update_streaks(conn, earlier)
    if new:
        await streaks.insert_streaks(conn, new)
