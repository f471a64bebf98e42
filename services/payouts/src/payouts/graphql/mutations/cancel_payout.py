"""Cancel a payout."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import require_viewer
from chassis.telemetry import current_traceparent
from payouts.commands import cancel_payout as command
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.payout import Payout
from payouts.graphql.refusals import PayoutNotCancelable, PayoutUnknown


@strawberry.input(description="Which payout.")
class CancelPayoutInput:
    """One of the caller's own."""

    payout_id: UUID = strawberry.field(description="The payout.")


@strawberry.type(description="The payout is canceled; its diamonds are available again.")
class CancelPayoutPayload:
    """As it is now."""

    payout: Payout = strawberry.field(description="The payout.")


CancelPayoutResult = Annotated[
    CancelPayoutPayload | PayoutUnknown | PayoutNotCancelable,
    strawberry.union("CancelPayoutResult", description="What came of it."),
]


async def cancel_payout(
    info: Info,
    input: Annotated[CancelPayoutInput, strawberry.argument(description="The payout.")],  # noqa: A002
) -> CancelPayoutResult:
    """Canceling it again changes nothing."""
    context = info.context
    viewer = require_viewer(context)
    traceparent = current_traceparent()
    return await answered(
        context,
        "cancelPayout",
        lambda conn: command.cancel_payout(
            conn, input.payout_id, viewer.sub, at=context.now(), traceparent=traceparent
        ),
        lambda payout: CancelPayoutPayload(payout=Payout.of(payout)),
    )
