"""Show what was written with a gift again."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import act_of
from chassis.telemetry import metrics
from gifts.domain.refusals import GiftMessageUnknownError
from gifts.graphql.context import Info
from gifts.graphql.message import GiftMessage, GiftMessageUnknown


@strawberry.input(description="The message to show again, and why.")
class ShowGiftMessageInput:
    """Saying it twice changes nothing."""

    gift_id: UUID = strawberry.field(description="The gift that it came with.")
    reason: str = strawberry.field(description="For those who come later: 1 to 500 characters.")


@strawberry.type(description="The message is shown again.")
class ShowGiftMessagePayload:
    """Frames that were told without it stay as they are."""

    gift_message: GiftMessage = strawberry.field(description="The message, as operators see it.")


ShowGiftMessageResult = Annotated[
    ShowGiftMessagePayload | GiftMessageUnknown,
    strawberry.union("ShowGiftMessageResult", description="The message, or why there is none."),
]


async def show_gift_message(
    info: Info,
    input: Annotated[  # noqa: A002
        ShowGiftMessageInput, strawberry.argument(description="The message.")
    ],
) -> ShowGiftMessageResult:
    """Logged with the reason."""
    act = act_of(info.context, input.reason, clock.now())
    try:
        message = await info.context.rooms.show_message(input.gift_id, act)
    except GiftMessageUnknownError as error:
        metrics.record_refusal("showGiftMessage", error.code)
        return GiftMessageUnknown()
    return ShowGiftMessagePayload(gift_message=GiftMessage.of(message))
