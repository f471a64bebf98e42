"""The rooms that are open, for whoever looks for one."""

import enum
from datetime import datetime
from uuid import UUID

import strawberry

from chassis.graphql import After, Before, Connection, First, Last, Page
from gifts.graphql.context import Info
from gifts.graphql.room import Room
from gifts.store.open_room import place_of, select_open


@strawberry.enum(description="Which open rooms come first.")
class OpenRoomOrder(enum.Enum):
    """Of equals, the one that was opened later."""

    NEWEST = strawberry.enum_value("NEWEST", description="Those opened last.")
    GIFTERS = strawberry.enum_value(
        "GIFTERS",
        description="Those to which most people have given. Rooms change their places "
        "meanwhile: one may be on two pages, or on none.",
    )


@strawberry.type(description="A page of the rooms that are open.")
class OpenRoomConnection(Connection[Room]):
    """Anyone may look, as at each room."""


async def read_open_rooms(
    info: Info,
    order_by: OpenRoomOrder,
    *,
    first: First,
    after: After,
    last: Last,
    before: Before,
) -> OpenRoomConnection:
    """A page of the rooms that are open."""
    by_gifters = order_by is OpenRoomOrder.GIFTERS
    page = Page.of(tuple[int, datetime, UUID], first=first, after=after, last=last, before=before)
    async with info.context.pool.acquire() as conn:
        rooms = await select_open(
            conn,
            by_gifters=by_gifters,
            beyond=page.position,
            limit=page.limit + 1,
            backward=page.backward,
        )
    return OpenRoomConnection.of(
        page, rooms, node=Room.of, key=lambda room: place_of(room, by_gifters=by_gifters)
    )
