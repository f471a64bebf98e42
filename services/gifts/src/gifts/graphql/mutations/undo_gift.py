"""Undo a gift."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import Refusal, refusal, require_viewer
from chassis.telemetry import metrics
from gifts.domain import refusals as domain
from gifts.graphql.context import Info
from gifts.graphql.entities import Gift, presenter


@strawberry.input(description="The gift to undo.")
class UndoGiftInput:
    """The caller has sent it."""

    gift_id: UUID = strawberry.field(description="The giftId it was sent with.")


@strawberry.type(description="The gift is taken back, or will be as soon as it is charged.")
class UndoGiftPayload:
    """The same when it was asked for before."""

    gift: Gift = strawberry.field(
        description="The gift, REVERSED a moment later: `gift(id)` tells. One that is refused "
        "meanwhile was never charged."
    )


@refusal(code="gift_unknown", description="The caller has sent no such gift.")
class GiftUnknown(Refusal):
    """Somebody else's looks the same."""


@refusal(code="gift_not_charged", description="The gift was refused, so nothing was taken for it.")
class GiftNotCharged(Refusal):
    """There is nothing to undo."""


@refusal(code="gift_taken_back", description="The gift was taken back with its payment.")
class GiftTakenBack(Refusal):
    """All of it; of a gift that is taken back in part the rest can be undone."""


@refusal(code="regret_over", description="The time in which the gift could be undone is over.")
class RegretOver(Refusal):
    """By the server's clock."""

    ended_at: datetime | None = strawberry.field(
        description="When it ended; null: gifts cannot be undone here."
    )


UndoGiftResult = Annotated[
    UndoGiftPayload | GiftUnknown | GiftNotCharged | GiftTakenBack | RegretOver,
    strawberry.union("UndoGiftResult", description="The gift, or why it is not undone."),
]


async def undo_gift(
    info: Info,
    input: Annotated[UndoGiftInput, strawberry.argument(description="The gift.")],  # noqa: A002
) -> UndoGiftResult:
    """By the sender alone."""
    context = info.context
    viewer = require_viewer(context)
    try:
        gift = await context.regrets.undo(input.gift_id, viewer.sub)
    except domain.DomainError as error:
        metrics.record_refusal("undoGift", error.code)
        return shown(error)
    return UndoGiftPayload(gift=(await presenter(context, [gift]))(gift))


def shown(
    error: domain.DomainError,
) -> GiftUnknown | GiftNotCharged | GiftTakenBack | RegretOver:
    """The refusal as a member of the union."""
    match error:
        case domain.GiftUnknownError():
            return GiftUnknown(message="You have sent no such gift.")
        case domain.GiftNotChargedError():
            return GiftNotCharged(message="This gift was not charged.")
        case domain.GiftTakenBackError():
            return GiftTakenBack(message="This gift was taken back already.")
        case domain.RegretOverError():
            return RegretOver(message="This gift can no longer be undone.", ended_at=error.ended_at)
        case _:
            raise AssertionError(f"{type(error).__name__} is no refusal of an undo")
