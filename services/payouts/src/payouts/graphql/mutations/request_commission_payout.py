"""Request a payout of commissions."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import telemetry
from chassis.graphql import BigInt, IdempotencyConflict, require_viewer
from chassis.telemetry import current_traceparent
from payouts.commands import request_commission_payout as command
from payouts.domain.payout import CommissionOrder
from payouts.graphql.agency_refusals import (
    CommissionAmountInvalid,
    CommissionBelowMinimum,
    InsufficientCommissions,
)
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.payout import Payout
from payouts.graphql.refusals import (
    IdentityNotVerified,
    PayoutConversionUnavailable,
    PayoutCurrencyUnsupported,
    PayoutLimitReached,
    PayoutMethodLocked,
    PayoutMethodNotVerified,
    PayoutMethodUnavailable,
)
from payouts.graphql.tax_refusals import TaxFormNeeded


@strawberry.input(description="How much is to go where.")
class RequestCommissionPayoutInput:
    """Whose commissions they are stands in the token."""

    payout_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    method_id: UUID = strawberry.field(
        description="One of the caller's payout methods, in the currency of the commissions."
    )
    amount_minor: BigInt = strawberry.field(
        description="Before fees and withholding: at most what is available, in minor units of the "
        "method's currency."
    )


@strawberry.type(description="The commissions are taken, and the payout waits to be sent.")
class RequestCommissionPayoutPayload:
    """The first result, or the same payout as it is now."""

    replayed: bool = strawberry.field(
        description="Whether this payout was requested before: the request was a retry."
    )
    payout: Payout = strawberry.field(description="The payout.")


RequestCommissionPayoutResult = Annotated[
    RequestCommissionPayoutPayload
    | CommissionAmountInvalid
    | InsufficientCommissions
    | CommissionBelowMinimum
    | PayoutLimitReached
    | IdentityNotVerified
    | PayoutMethodUnavailable
    | PayoutMethodNotVerified
    | PayoutMethodLocked
    | PayoutCurrencyUnsupported
    | PayoutConversionUnavailable
    | TaxFormNeeded
    | IdempotencyConflict,
    strawberry.union(
        "RequestCommissionPayoutResult", description="The payout, or why there is none."
    ),
]


async def request_commission_payout(
    info: Info,
    input: Annotated[RequestCommissionPayoutInput, strawberry.argument(description="The payout.")],  # noqa: A002
) -> RequestCommissionPayoutResult:
    """Translate the input to an order, and its outcome to a type."""
    telemetry.annotate({"largesse.payout_id": str(input.payout_id)})
    context = info.context
    viewer = require_viewer(context)
    order = CommissionOrder(input.payout_id, viewer.sub, input.method_id, input.amount_minor)
    traceparent = current_traceparent()
    return await answered(
        context,
        "requestCommissionPayout",
        lambda conn: command.request_commission_payout(
            conn, order, at=context.now(), traceparent=traceparent
        ),
        lambda requested: RequestCommissionPayoutPayload(
            replayed=requested.replayed, payout=Payout.of(requested.payout)
        ),
    )
