"""Live rooms for tests and benchmarks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chassis import ids, outbox
from chassis.db import Conn, Pool, transact
from contracts.gifts.live import RoomFrame
from gifts.commands.close_room import close_room
from gifts.commands.open_room import Opened, open_room
from gifts.domain.room import Goal, Room, RoomOrder, accept_room
from gifts.domain.room_rules import RoomRules
from gifts.edge.room_clock import RoomClock
from gifts.testing import NOW, first_catalogue


def a_room_order(**changes: object) -> RoomOrder:
    """A room of star's, under a new id."""
    order = RoomOrder(room_id=ids.uuid7(), creator_id="star", title="Evening with star")
    return msgspec.structs.replace(order, **changes)


def a_room(*, at: datetime = NOW, **changes: object) -> Room:
    """The room that an order opens."""
    return accept_room(a_room_order(**changes), first_catalogue(), at=at)


async def open_a_room(
    pool: Pool,
    *,
    room_id: UUID | None = None,
    creator_id: str = "star",
    goal: Goal | None = None,
    at: datetime = NOW,
    rules: RoomRules | None = None,
) -> Room:
    """Open a room as the api does."""
    room = a_room(at=at, room_id=room_id or ids.uuid7(), creator_id=creator_id, goal=goal)
    opened: Opened = await transact(pool, lambda conn: open_room(conn, room, rules or RoomRules()))
    return opened.room


async def close_a_room(
    pool: Pool,
    room_id: UUID,
    creator_id: str = "star",
    *,
    at: datetime,
    rules: RoomRules | None = None,
) -> Room:
    """Close a room as the api does."""

    async def work(conn: Conn) -> Room:
        return await close_room(conn, room_id, creator_id, rules or RoomRules(), at=at)

    return await transact(pool, work)


async def tick(pool: Pool, at: datetime, *, rules: RoomRules | None = None) -> None:
    """Let a worker's clock do all that is due."""
    room_clock = RoomClock(pool, rules or RoomRules(), now=lambda: at)
    while await room_clock.once():
        pass


async def told_frames(pool: Pool, room_id: UUID | None = None) -> Sequence[RoomFrame]:
    """The frames that the outbox holds, each room's in order; keyframes too."""
    rows = await pool.fetch(
        "SELECT records FROM outbox WHERE stream LIKE 'live:%' ORDER BY stream, seq"
    )
    frames = [
        msgspec.json.decode(record.value, type=RoomFrame)
        for row in rows
        for record in outbox.unpack(row["records"])
    ]
    return [frame for frame in frames if room_id in {None, frame.room_id}]
