"""The values that a gift is described with."""

import enum
from collections.abc import Mapping
from typing import Final, Self

import strawberry

from chassis.graphql import Refusal
from gifts.domain import gift as domain


@strawberry.enum(description="How far a gift has come.")
class GiftStatus(enum.Enum):
    """PENDING ends in SENT or REFUSED; what was sent may be taken back, and given back."""

    PENDING = strawberry.enum_value("PENDING", description="Being charged; ask again shortly.")
    SENT = strawberry.enum_value("SENT", description="Charged; it is the creator's.")
    REFUSED = strawberry.enum_value("REFUSED", description="Not charged, and never will be.")
    REVERSED = strawberry.enum_value(
        "REVERSED",
        description="Was sent, and taken back: with its payment, by its sender, or by us.",
    )


@strawberry.enum(description="Whether what a sender wrote is shown. The gift counts either way.")
class MessageStatus(enum.Enum):
    """SHOWN may end in REMOVED, and so may WITHHELD."""

    SHOWN = strawberry.enum_value("SHOWN", description="To everybody who sees the gift.")
    WITHHELD = strawberry.enum_value(
        "WITHHELD", description="To nobody: it has words that are not shown."
    )
    REMOVED = strawberry.enum_value("REMOVED", description="To nobody: an operator removed it.")

    @classmethod
    def of(cls, message: str | None, silenced: domain.Silenced | None) -> "MessageStatus | None":
        """Of what was written, if anything was."""
        return None if message is None else cls(silenced or "SHOWN")


@strawberry.type(description="Why the wallet did not charge a gift.")
class GiftRefusal(Refusal):
    """Told to the sender and to auditors."""

    code: str = strawberry.field(
        description="`insufficient_coins`, `spend_limit_reached`, or `charge_conflict`: the wallet "
        "knew the id already."
    )
    message: str = strawberry.field(description="For people, in English; may change.")

    @classmethod
    def of(cls, refusal: domain.GiftRefusal) -> Self:
        """The refusal as the wallet gave it."""
        return cls(code=refusal.code, message=_MESSAGES[refusal.code])


_MESSAGES: Final[Mapping[str, str]] = {
    "insufficient_coins": "The sender's coins did not suffice.",
    "spend_limit_reached": "It did not fit in a limit on what the sender spends.",
    "charge_conflict": "The id had been used for something else.",
}


@strawberry.type(description="What a gift was sent to: one of the two is given.")
class GiftTarget:
    """A video, or a live room."""

    video_id: strawberry.ID | None = strawberry.field(description="The video, or null.")
    room_id: strawberry.ID | None = strawberry.field(description="The live room, or null.")

    @classmethod
    def of(cls, kind: domain.TargetKind, target_id: str) -> Self:
        """The target of a gift."""
        target = strawberry.ID(target_id)
        if kind == "video":
            return cls(video_id=target, room_id=None)
        return cls(video_id=None, room_id=target)
