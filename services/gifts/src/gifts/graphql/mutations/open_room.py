"""Open a live room."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import (
    BadUserInputError,
    BigInt,
    Coins,
    IdempotencyConflict,
    NotEligible,
    require_viewer,
)
from chassis.telemetry import metrics
from gifts.domain.refusals import DomainError, MalformedError
from gifts.domain.room import Goal, RoomOrder
from gifts.graphql.context import Info
from gifts.graphql.refusals import GiftItemUnavailable
from gifts.graphql.room import Room
from gifts.graphql.room_refusals import RoomAlreadyOpen, TitleTooLong, shown


@strawberry.input(description="What the host hopes for: coins, or itemId and count.")
class RoomGoalInput:
    """Fixed when the room is opened."""

    coins: Coins | None = strawberry.field(default=None, description="Coins; at least 1.")
    item_id: strawberry.ID | None = strawberry.field(
        default=None, description="An item of the catalogue in force."
    )
    count: BigInt | None = strawberry.field(
        default=None, description="Pieces of the item; at least 1."
    )


@strawberry.input(description="The room to open.")
class OpenRoomInput:
    """The same input again is a retry."""

    room_id: UUID = strawberry.field(
        description="Made by the client, best a UUIDv7, and kept when it retries."
    )
    title: str = strawberry.field(description="One line of text: 1 to 100 characters.")
    goal: RoomGoalInput | None = strawberry.field(
        default=None, description="What the host hopes for, if anything."
    )


@strawberry.type(description="The room is open, or was.")
class OpenRoomPayload:
    """A replay may find it closed."""

    replayed: bool = strawberry.field(
        description="Whether an earlier request opened it and this is its result again."
    )
    room: Room = strawberry.field(description="The room as it stands now.")


OpenRoomResult = Annotated[
    OpenRoomPayload
    | RoomAlreadyOpen
    | TitleTooLong
    | GiftItemUnavailable
    | NotEligible
    | IdempotencyConflict,
    strawberry.union("OpenRoomResult", description="The room, or why it was not opened."),
]


async def open_room(
    info: Info,
    input: Annotated[OpenRoomInput, strawberry.argument(description="The room.")],  # noqa: A002
) -> OpenRoomResult:
    """Translate the input to an order, and its outcome to a type."""
    viewer = require_viewer(info.context)
    goal = input.goal
    order = RoomOrder(
        room_id=input.room_id,
        creator_id=viewer.sub,
        title=input.title,
        goal=None if goal is None else Goal(goal.coins, goal.item_id, goal.count),
    )
    try:
        opened = await info.context.rooms.open(
            order, age_verified=viewer.age_verified, account_kind=viewer.account_kind
        )
    except MalformedError as error:
        raise BadUserInputError(error.problem) from error
    except DomainError as error:
        metrics.record_refusal("openRoom", error.code)
        return shown(error)  # pyright: ignore[reportReturnType] - of the union's members
    return OpenRoomPayload(replayed=opened.replayed, room=Room.of(opened.room))
