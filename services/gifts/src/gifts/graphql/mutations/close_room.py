"""Close a live room."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import require_viewer
from chassis.telemetry import metrics
from gifts.domain.refusals import RoomUnknownError
from gifts.graphql.context import Info
from gifts.graphql.room import Room
from gifts.graphql.room_refusals import RoomUnknown


@strawberry.input(description="The room to close.")
class CloseRoomInput:
    """The caller is its host."""

    room_id: UUID = strawberry.field(description="The room.")


@strawberry.type(description="The room is closed.")
class CloseRoomPayload:
    """The same when it was closed before."""

    room: Room = strawberry.field(
        description="The room, with all that was given in it. Gifts that are on their way count "
        "when they are charged."
    )


CloseRoomResult = Annotated[
    CloseRoomPayload | RoomUnknown,
    strawberry.union("CloseRoomResult", description="The room, or why it was not closed."),
]


async def close_room(
    info: Info,
    input: Annotated[CloseRoomInput, strawberry.argument(description="The room.")],  # noqa: A002
) -> CloseRoomResult:
    """Closed for good."""
    viewer = require_viewer(info.context)
    try:
        room = await info.context.rooms.close(input.room_id, viewer.sub)
    except RoomUnknownError as error:
        metrics.record_refusal("closeRoom", error.code)
        return RoomUnknown(message="You have no such room.")
    return CloseRoomPayload(room=Room.of(room))
