"""Switch gifts to one room on or off."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import require_viewer
from chassis.telemetry import metrics
from gifts.domain.refusals import RoomNotOpenError, RoomUnknownError
from gifts.graphql.context import Info
from gifts.graphql.refusals import RoomNotOpen
from gifts.graphql.room import Room
from gifts.graphql.room_refusals import RoomUnknown


@strawberry.input(description="What the host decides.")
class AcceptRoomGiftsInput:
    """The caller is its host."""

    room_id: UUID = strawberry.field(description="The room.")
    accept: bool = strawberry.field(
        description="True to let gifts be sent to it, false to let none; for as long as it is open."
    )


@strawberry.type(description="The decision counts.")
class AcceptRoomGiftsPayload:
    """While the host takes no gifts at all, neither does the room."""

    room: Room = strawberry.field(description="The room as it stands.")


AcceptRoomGiftsResult = Annotated[
    AcceptRoomGiftsPayload | RoomUnknown | RoomNotOpen,
    strawberry.union("AcceptRoomGiftsResult", description="The room, or why nothing changed."),
]


async def accept_room_gifts(
    info: Info,
    input: Annotated[  # noqa: A002
        AcceptRoomGiftsInput, strawberry.argument(description="The decision.")
    ],
) -> AcceptRoomGiftsResult:
    """Of one's own room."""
    viewer = require_viewer(info.context)
    try:
        room = await info.context.rooms.accept_gifts(input.room_id, viewer.sub, accept=input.accept)
    except RoomUnknownError as error:
        metrics.record_refusal("acceptRoomGifts", error.code)
        return RoomUnknown(message="You have no such room.")
    except RoomNotOpenError as error:
        metrics.record_refusal("acceptRoomGifts", error.code)
        return RoomNotOpen(message="This room is closed.")
    return AcceptRoomGiftsPayload(room=Room.of(room))
