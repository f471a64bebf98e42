"""Send a gift."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import telemetry
from chassis.graphql import (
    BadUserInputError,
    Coins,
    IdempotencyConflict,
    NotEligible,
    require_viewer,
)
from chassis.telemetry import metrics
from gifts.domain.gift import GiftOrder, TargetKind
from gifts.domain.refusals import DomainError, MalformedError
from gifts.edge.sender import Eligibility
from gifts.graphql.context import Info
from gifts.graphql.entities import Gift, presenter
from gifts.graphql.refusals import (
    GifterBlocked,
    GiftItemUnavailable,
    GiftsNotAccepted,
    InsufficientCoins,
    InvalidCount,
    MessageTooLong,
    PriceChanged,
    RoomNotOpen,
    SelfGift,
    SpendLimitReached,
    shown,
)


@strawberry.input(one_of=True, description="What the gift is sent to: exactly one of the two.")
class GiftTargetInput:
    """The gift is shown there."""

    video_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="A video: 1 to 64 letters, digits and `._:@-`."
    )
    room_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="A live room that is open and the creator's: its UUID."
    )


@strawberry.input(description="What to send, to whom, and what the viewer was shown.")
class SendGiftInput:
    """The same input again is a retry."""

    gift_id: UUID = strawberry.field(
        description="Made by the client, best a UUIDv7, and kept when it retries."
    )
    item_id: strawberry.ID = strawberry.field(description="An item of the catalogue in force.")
    count: int = strawberry.field(default=1, description="Pieces: 1 to 1000.")
    creator_id: strawberry.ID = strawberry.field(description="Who is to receive it.")
    target: GiftTargetInput = strawberry.field(description="Where it is to be shown.")
    quoted_price_coins: Coins = strawberry.field(
        description="For all pieces, as the viewer was shown it: more is never charged."
    )
    message: str | None = strawberry.field(
        default=None,
        description="One line of text, as long as the price of the gift allows: see "
        "`GiftCatalogue.messageLengths`. With words that are not shown it is withheld, and the "
        "gift counts all the same: see `Gift.messageStatus`.",
    )


@strawberry.type(description="The gift was sent, or is on its way.")
class SendGiftPayload:
    """Never a refused gift."""

    replayed: bool = strawberry.field(
        description="Whether an earlier request sent it and this is its result again."
    )
    gift: Gift = strawberry.field(description="SENT; PENDING where the answer took too long.")


SendGiftResult = Annotated[
    SendGiftPayload
    | InsufficientCoins
    | SpendLimitReached
    | GiftItemUnavailable
    | PriceChanged
    | InvalidCount
    | MessageTooLong
    | GiftsNotAccepted
    | GifterBlocked
    | RoomNotOpen
    | SelfGift
    | NotEligible
    | IdempotencyConflict,
    strawberry.union("SendGiftResult", description="The gift, or why it was not sent."),
]


async def send_gift(
    info: Info,
    input: Annotated[SendGiftInput, strawberry.argument(description="The gift.")],  # noqa: A002
) -> SendGiftResult:
    """Translate the input to an order, and its outcome to a type."""
    telemetry.annotate({"largesse.gift_id": str(input.gift_id)})
    viewer = require_viewer(info.context)
    kind, target_id = _target(input.target)
    order = GiftOrder(
        gift_id=input.gift_id,
        sender_id=viewer.sub,
        creator_id=input.creator_id,
        item_id=input.item_id,
        count=input.count,
        target_kind=kind,
        target_id=target_id,
        quoted_price_coins=input.quoted_price_coins,
        message=input.message,
    )
    try:
        sent = await info.context.sender.send(
            order,
            Eligibility(
                viewer.age_verified,
                viewer.account_kind,
                viewer.region,
                viewer.supervised,
                viewer.name,
            ),
        )
    except MalformedError as error:
        raise BadUserInputError(error.problem) from error
    except DomainError as error:
        metrics.record_refusal("sendGift", error.code)
        return shown(error)
    show = await presenter(info.context, [sent.gift])
    return SendGiftPayload(replayed=sent.replayed, gift=show(sent.gift))


def _target(given: GiftTargetInput) -> tuple[TargetKind, str]:
    """The one target that GraphQL has made sure of."""
    if given.video_id is not None:
        return "video", given.video_id.value
    assert given.room_id is not None
    return "room", given.room_id.value
