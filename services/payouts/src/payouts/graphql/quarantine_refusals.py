"""Why a gift is not frozen, or not decided on."""

import strawberry

from chassis.graphql import Refusal, refusal
from payouts.domain import refusals as domain
from payouts.graphql.quarantine import QuarantineStatus


@refusal(
    code="received_gift_unknown",
    description="The caller was given no such gift. One that has just been sent is known in a "
    "moment.",
)
class ReceivedGiftUnknown(Refusal):
    """Other people's look the same."""


@refusal(
    code="quarantine_over",
    description="The gift can no longer be frozen: nothing of it is pending, or a payout has some.",
)
class QuarantineOver(Refusal):
    """All of it has matured, or was taken back."""


@refusal(code="quarantine_unknown", description="There is no such quarantine.")
class QuarantineUnknown(Refusal):
    """Of that id."""


@refusal(
    code="quarantine_decided",
    description="The gift was frozen before, or it was decided otherwise what becomes of it.",
)
class QuarantineDecided(Refusal):
    """A gift is frozen once."""

    status: QuarantineStatus = strawberry.field(description="What became of it.")


type QuarantineRefusal = (
    ReceivedGiftUnknown | QuarantineOver | QuarantineUnknown | QuarantineDecided
)


def shown_of_quarantines(error: domain.DomainError) -> QuarantineRefusal | None:
    """The refusal as a member of its mutation's union; None where it is about something else."""
    match error:
        case domain.ReceivedGiftUnknownError():
            return ReceivedGiftUnknown(message="You were given no such gift.")
        case domain.QuarantineOverError():
            return QuarantineOver(message="This gift can no longer be frozen.")
        case domain.QuarantineUnknownError():
            return QuarantineUnknown(message="There is no such quarantine.")
        case domain.QuarantineDecidedError():
            return QuarantineDecided(
                message="It was decided what becomes of this gift, or it was frozen before.",
                status=QuarantineStatus(error.status),
            )
        case _:
            return None
