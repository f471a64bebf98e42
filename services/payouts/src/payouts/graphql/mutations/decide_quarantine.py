"""Let a frozen gift go, or give it back."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import ApprovalNeeded, act_of
from chassis.telemetry import current_traceparent
from payouts.commands.decide_quarantine import DecideQuarantine, release_gift, return_gift
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.quarantine import GiftQuarantine
from payouts.graphql.quarantine_refusals import QuarantineDecided, QuarantineUnknown


@strawberry.input(description="A frozen gift, and why it is let go.")
class ReleaseQuarantinedGiftInput:
    """Who decides stands in the token."""

    quarantine_id: UUID = strawberry.field(description="One of `quarantinedGifts`.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The gift is as if it had never been frozen.")
class ReleaseQuarantinedGiftPayload:
    """The same when it was let go before."""

    quarantine: GiftQuarantine = strawberry.field(description="As it is now.")


ReleaseQuarantinedGiftResult = Annotated[
    ReleaseQuarantinedGiftPayload | QuarantineUnknown | QuarantineDecided,
    strawberry.union("ReleaseQuarantinedGiftResult", description="What came of it."),
]


async def release_quarantined_gift(
    info: Info,
    input: Annotated[  # noqa: A002
        ReleaseQuarantinedGiftInput, strawberry.argument(description="The decision.")
    ],
) -> ReleaseQuarantinedGiftResult:
    """Of two operators who decide otherwise at once, the second is told what was decided."""
    context = info.context
    order = DecideQuarantine(input.quarantine_id, act_of(context, input.reason, context.now()))
    traceparent = current_traceparent()
    return await answered(
        context,
        "releaseQuarantinedGift",
        lambda conn: release_gift(conn, order, traceparent=traceparent),
        lambda done: ReleaseQuarantinedGiftPayload(quarantine=GiftQuarantine.of(done)),
    )


@strawberry.input(description="A frozen gift, and why it is given back.")
class ReturnQuarantinedGiftInput:
    """Who decides stands in the token."""

    quarantine_id: UUID = strawberry.field(description="One of `quarantinedGifts`.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The gift is taken back a moment later: `endedAt` tells when it was.")
class ReturnQuarantinedGiftPayload:
    """The same when that was decided before."""

    quarantine: GiftQuarantine = strawberry.field(description="As it is now.")


ReturnQuarantinedGiftResult = Annotated[
    ReturnQuarantinedGiftPayload | QuarantineUnknown | QuarantineDecided | ApprovalNeeded,
    strawberry.union("ReturnQuarantinedGiftResult", description="What came of it."),
]


async def return_quarantined_gift(
    info: Info,
    input: Annotated[  # noqa: A002
        ReturnQuarantinedGiftInput, strawberry.argument(description="The decision.")
    ],
) -> ReturnQuarantinedGiftResult:
    """Unless it is so much that it takes two operators."""
    context = info.context
    order = DecideQuarantine(input.quarantine_id, act_of(context, input.reason, context.now()))
    traceparent = current_traceparent()
    return await answered(
        context,
        "returnQuarantinedGift",
        lambda conn: return_gift(conn, order, traceparent=traceparent),
        lambda done: ReturnQuarantinedGiftPayload(quarantine=GiftQuarantine.of(done)),
    )
