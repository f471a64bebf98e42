"""Remove what was written with a gift."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import act_of
from chassis.telemetry import metrics
from gifts.domain.refusals import GiftMessageUnknownError
from gifts.graphql.context import Info
from gifts.graphql.message import GiftMessage, GiftMessageUnknown


@strawberry.input(description="The message to remove, and why.")
class RemoveGiftMessageInput:
    """Saying it twice changes nothing."""

    gift_id: UUID = strawberry.field(description="The gift that it came with.")
    reason: str = strawberry.field(description="For those who come later: 1 to 500 characters.")


@strawberry.type(description="The message is shown to nobody.")
class RemoveGiftMessagePayload:
    """The gift counts as it did."""

    gift_message: GiftMessage = strawberry.field(description="The message, as operators see it.")


RemoveGiftMessageResult = Annotated[
    RemoveGiftMessagePayload | GiftMessageUnknown,
    strawberry.union("RemoveGiftMessageResult", description="The message, or why there is none."),
]


async def remove_gift_message(
    info: Info,
    input: Annotated[  # noqa: A002
        RemoveGiftMessageInput, strawberry.argument(description="The message.")
    ],
) -> RemoveGiftMessageResult:
    """Logged with the reason."""
    act = act_of(info.context, input.reason, clock.now())
    try:
        message = await info.context.rooms.remove_message(input.gift_id, act)
    except GiftMessageUnknownError as error:
        metrics.record_refusal("removeGiftMessage", error.code)
        return GiftMessageUnknown()
    return RemoveGiftMessagePayload(gift_message=GiftMessage.of(message))
