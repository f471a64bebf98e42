"""The refusals of `sendGift` as clients see them."""

import enum
from datetime import datetime

import strawberry

from chassis.graphql import Coins, IdempotencyConflict, NotEligible, Refusal, refusal
from gifts.domain import refusals as domain
from gifts.domain.gift import COUNT_MAX


@refusal(
    code="insufficient_coins",
    description=(
        "The sender's coins do not suffice. Final for this giftId: after a purchase, send the gift "
        "with a new one."
    ),
)
class InsufficientCoins(Refusal):
    """The wallet's answer."""

    needed_coins: Coins = strawberry.field(description="Price of the gift.")
    balance_coins: Coins = strawberry.field(description="Balance when the charge was tried.")


@strawberry.enum(description="A limit on what one spends: one's own, or the platform's.")
class SpendLimit(enum.Enum):
    """The windows roll: they end now and have no calendar."""

    DAY = strawberry.enum_value("day", description="Coins in any 24 hours.")
    WEEK = strawberry.enum_value("week", description="Coins in any 7 days.")
    CREATOR_DAY = strawberry.enum_value(
        "creator_day", description="Coins on one creator in any 24 hours."
    )
    PLATFORM_DAY = strawberry.enum_value(
        "platform_day", description="The platform's: coins in any 24 hours."
    )
    PLATFORM_WEEK = strawberry.enum_value(
        "platform_week", description="The platform's: coins in any 7 days."
    )
    PER_TRANSACTION = strawberry.enum_value(
        "per_transaction", description="The platform's: coins in one gift."
    )


@refusal(
    code="spend_limit_reached",
    description=(
        "The gift does not fit in what the sender lets themselves spend, or the platform lets "
        "anybody of their region and age: the lower of both. Final for this giftId: when there is "
        "room again, send the gift with a new one."
    ),
)
class SpendLimitReached(Refusal):
    """The wallet's answer. Do not offer coins to whoever gets it."""

    limit: SpendLimit = strawberry.field(description="The limit; of several the first.")
    needed_coins: Coins = strawberry.field(description="Price of the gift.")
    limit_coins: Coins = strawberry.field(description="What the limit allows.")
    spent_coins: Coins = strawberry.field(
        description="What was spent of it when the charge was tried."
    )
    frees_up_at: datetime | None = strawberry.field(
        description="When the gift would fit, if nothing else were spent; null: it costs more than "
        "the limit allows."
    )


@refusal(
    code="gift_item_unavailable",
    description="The catalogue in force has no such item. Load the catalogue again.",
)
class GiftItemUnavailable(Refusal):
    """Unknown, or withdrawn."""


@refusal(
    code="price_changed",
    description="The gift costs more than was quoted. Ask the viewer again.",
)
class PriceChanged(Refusal):
    """Nobody is ever charged more than they were shown."""

    price_coins: Coins = strawberry.field(description="Price of all pieces, now.")


@refusal(code="invalid_count", description="A gift has 1 to 1000 pieces.")
class InvalidCount(Refusal):
    """Zero, negative or too many."""


@refusal(
    code="message_too_long",
    description="The price of the gift allows a shorter message, or none.",
)
class MessageTooLong(Refusal):
    """Counted in Unicode characters."""

    max_length: int = strawberry.field(
        description="Characters allowed at this price; 0 where none may be written."
    )


@refusal(
    code="gifts_not_accepted",
    description="The creator never opted in to gifts, or has switched them off, for everything or "
    "for this room.",
)
class GiftsNotAccepted(Refusal):
    """Unknown creators look the same."""


@refusal(
    code="gifter_blocked",
    description="The creator takes no gifts from the caller. Nothing was charged.",
)
class GifterBlocked(Refusal):
    """The creator's decision, and theirs to undo."""


@refusal(
    code="room_not_open",
    description="The live room has closed, was never opened, or is another creator's.",
)
class RoomNotOpen(Refusal):
    """All look the same."""


@refusal(code="self_gift", description="Nobody can send gifts to themselves.")
class SelfGift(Refusal):
    """The creator is the caller."""


type SendGiftRefusal = (
    InsufficientCoins
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
    | IdempotencyConflict
)

NOT_ELIGIBLE_MESSAGE = "Your age or kind of account does not allow gifts."


def shown(error: domain.DomainError) -> SendGiftRefusal:
    """The refusal as a member of the union `SendGiftResult`."""
    match error:
        case domain.InsufficientCoinsError():
            return InsufficientCoins(
                message=f"It costs {error.needed_coins} coins; you had {error.balance_coins}.",
                needed_coins=Coins(error.needed_coins),
                balance_coins=Coins(error.balance_coins),
            )
        case domain.SpendLimitReachedError():
            return SpendLimitReached(
                message=_limit_message(error),
                limit=SpendLimit(error.limit),
                needed_coins=Coins(error.needed_coins),
                limit_coins=Coins(error.limit_coins),
                spent_coins=Coins(error.spent_coins),
                frees_up_at=error.frees_up_at,
            )
        case domain.GiftItemUnavailableError():
            return GiftItemUnavailable(message="This item is not on sale.")
        case domain.PriceChangedError():
            return PriceChanged(
                message=f"The gift costs {error.price_coins} coins now.",
                price_coins=Coins(error.price_coins),
            )
        case domain.InvalidCountError():
            return InvalidCount(message=f"A gift has 1 to {COUNT_MAX} pieces.")
        case domain.MessageTooLongError():
            return MessageTooLong(
                message=f"At most {error.max_length} characters go with a gift of this price.",
                max_length=error.max_length,
            )
        case domain.GiftsNotAcceptedError():
            return GiftsNotAccepted(message="This creator does not take gifts.")
        case domain.GifterBlockedError():
            return GifterBlocked(message="This creator takes no gifts from you.")
        case domain.RoomNotOpenError():
            return RoomNotOpen(message="This room is not open.")
        case domain.SelfGiftError():
            return SelfGift(message="You cannot send gifts to yourself.")
        case domain.NotEligibleError():
            return NotEligible(message=NOT_ELIGIBLE_MESSAGE)
        case domain.IdempotencyConflictError():
            return IdempotencyConflict()
        case _:
            raise AssertionError(f"{type(error).__name__} has no type in the schema")


def _limit_message(error: domain.SpendLimitReachedError) -> str:
    match error.limit:
        case "per_transaction":
            return f"No gift may cost more than {error.limit_coins} coins."
        case "platform_day" | "platform_week":
            return (
                f"Nobody may spend more than {error.limit_coins} coins; you have spent "
                f"{error.spent_coins} of them."
            )
        case "day" | "week" | "creator_day":
            return (
                f"You let yourself spend {error.limit_coins} coins and have spent "
                f"{error.spent_coins} of them."
            )
