"""The refusals of what hosts do with live rooms, as clients see them."""

from uuid import UUID

import strawberry

from chassis.graphql import IdempotencyConflict, NotEligible, Refusal, refusal
from gifts.domain import refusals as domain
from gifts.graphql.refusals import GiftItemUnavailable, RoomNotOpen


@refusal(code="room_unknown", description="The caller hosts no such room.")
class RoomUnknown(Refusal):
    """Somebody else's looks the same."""


@refusal(
    code="room_already_open",
    description="The caller hosts another room that is open. Close it first, or go on in it.",
)
class RoomAlreadyOpen(Refusal):
    """One at a time."""

    open_room_id: UUID = strawberry.field(description="The room that is open.")


@refusal(code="title_too_long", description="The title has too many characters.")
class TitleTooLong(Refusal):
    """Counted in Unicode characters."""

    max_length: int = strawberry.field(description="Characters allowed.")


type RoomRefusal = (
    RoomUnknown
    | RoomNotOpen
    | RoomAlreadyOpen
    | TitleTooLong
    | GiftItemUnavailable
    | NotEligible
    | IdempotencyConflict
)


def shown(error: domain.DomainError) -> RoomRefusal:
    """The refusal as a member of the unions of what hosts do."""
    match error:
        case domain.RoomUnknownError():
            return RoomUnknown(message="You have no such room.")
        case domain.RoomNotOpenError():
            return RoomNotOpen(message="This room is closed.")
        case domain.RoomAlreadyOpenError():
            return RoomAlreadyOpen(
                message="You have another room open.", open_room_id=error.open_room_id
            )
        case domain.TitleTooLongError():
            return TitleTooLong(
                message=f"A title has at most {error.max_length} characters.",
                max_length=error.max_length,
            )
        case domain.GiftItemUnavailableError():
            return GiftItemUnavailable(message="The goal's item is not on sale.")
        case domain.NotEligibleError():
            return NotEligible(message="Your age or kind of account does not allow live rooms.")
        case domain.IdempotencyConflictError():
            return IdempotencyConflict()
        case _:
            raise AssertionError(f"{type(error).__name__} is no refusal of a host's")
