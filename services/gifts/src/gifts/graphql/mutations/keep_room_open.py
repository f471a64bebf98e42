"""Keep a live room open."""

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


@strawberry.input(description="The room to keep open.")
class KeepRoomOpenInput:
    """The caller is its host."""

    room_id: UUID = strawberry.field(description="The room.")


@strawberry.type(description="The room stays open.")
class KeepRoomOpenPayload:
    """Until no sign of life and no gift has come for a while."""

    room: Room = strawberry.field(description="The room as it stands.")


KeepRoomOpenResult = Annotated[
    KeepRoomOpenPayload | RoomUnknown | RoomNotOpen,
    strawberry.union("KeepRoomOpenResult", description="The room, or why it is not open."),
]


async def keep_room_open(
    info: Info,
    input: Annotated[KeepRoomOpenInput, strawberry.argument(description="The room.")],  # noqa: A002
) -> KeepRoomOpenResult:
    """A sign of life."""
    viewer = require_viewer(info.context)
    try:
        room = await info.context.rooms.keep_open(input.room_id, viewer.sub)
    except RoomUnknownError as error:
        metrics.record_refusal("keepRoomOpen", error.code)
        return RoomUnknown(message="You have no such room.")
    except RoomNotOpenError as error:
        metrics.record_refusal("keepRoomOpen", error.code)
        return RoomNotOpen(message="This room is closed.")
    return KeepRoomOpenPayload(room=Room.of(room))
