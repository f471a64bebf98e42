"""Request a payout."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import telemetry
from chassis.graphql import IdempotencyConflict, MicroDiamonds, require_viewer
from chassis.telemetry import current_traceparent
from payouts.commands import request_payout as command
from payouts.domain.payout import PayoutOrder
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.payout import Payout
from payouts.graphql.refusals import (
    IdentityNotVerified,
    InsufficientDiamonds,
    PayoutAmountInvalid,
    PayoutBelowMinimum,
    PayoutConversionUnavailable,
    PayoutCurrencyUnsupported,
    PayoutFeesExceedAmount,
    PayoutLimitReached,
    PayoutMethodLocked,
    PayoutMethodNotVerified,
    PayoutMethodUnavailable,
)
from payouts.graphql.tax_refusals import TaxFormNeeded


@strawberry.input(description="How much is to go where.")
class RequestPayoutInput:
    """Whose diamonds they are stands in the token."""

    payout_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    method_id: UUID = strawberry.field(description="One of the caller's payout methods.")
    micro_diamonds: MicroDiamonds = strawberry.field(
        description="At most what is available. What makes no whole unit of the method's currency "
        "is not taken."
    )


@strawberry.type(description="The diamonds are reserved, and the payout waits to be sent.")
class RequestPayoutPayload:
    """The first result, or the same payout as it is now."""

    replayed: bool = strawberry.field(
        description="Whether this payout was requested before: the request was a retry."
    )
    payout: Payout = strawberry.field(description="The payout.")


RequestPayoutResult = Annotated[
    RequestPayoutPayload
    | PayoutBelowMinimum
    | PayoutFeesExceedAmount
    | PayoutLimitReached
    | PayoutAmountInvalid
    | InsufficientDiamonds
    | IdentityNotVerified
    | PayoutMethodUnavailable
    | PayoutMethodNotVerified
    | PayoutMethodLocked
    | PayoutCurrencyUnsupported
    | PayoutConversionUnavailable
    | TaxFormNeeded
    | IdempotencyConflict,
    strawberry.union("RequestPayoutResult", description="The payout, or why there is none."),
]


async def request_payout(
    info: Info,
    input: Annotated[RequestPayoutInput, strawberry.argument(description="The payout.")],  # noqa: A002
) -> RequestPayoutResult:
    """Translate the input to an order, and its outcome to a type."""
    telemetry.annotate({"largesse.payout_id": str(input.payout_id)})
    context = info.context
    viewer = require_viewer(context)
    order = PayoutOrder(input.payout_id, viewer.sub, input.method_id, input.micro_diamonds)
    traceparent = current_traceparent()
    return await answered(
        context,
        "requestPayout",
        lambda conn: command.request_payout(
            conn, order, context.rates, at=context.now(), traceparent=traceparent
        ),
        lambda requested: RequestPayoutPayload(
            replayed=requested.replayed, payout=Payout.of(requested.payout)
        ),
    )
