"""Take a payment back."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import (
    ApprovalNeeded,
    BigInt,
    IdempotencyConflict,
    Refusal,
    act_of,
    refusal,
    require_scope,
)
from chassis.operators import ProposalConflictError
from chassis.telemetry import current_traceparent
from wallet.commands import reverse_purchase as command
from wallet.commands.reverse_purchase import (
    PurchaseNotReversibleError,
    ReversalChangedError,
    ReversalConflictError,
    ReversalExceedsPaymentError,
)
from wallet.graphql.context import Info, WalletContext
from wallet.graphql.mutations.refusing import counted
from wallet.graphql.reversal import (
    PurchaseNotReversible,
    Reversal,
    ReversalExceedsPayment,
    ReversalPreview,
    ReversalReason,
    exceeds,
)
from wallet.graphql.reversing import REFUNDER, not_reversible, order_of


@strawberry.input(description="What to take back, and why.")
class ReversePurchaseInput:
    """Who asks stands in the token."""

    reversal_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    purchase_id: UUID = strawberry.field(description="Whose payment.")
    amount_minor: BigInt | None = strawberry.field(
        default=None,
        description="In the smallest unit of the payment's currency; null: all that is left.",
    )
    reason: ReversalReason = strawberry.field(description="Why: it says who bears it.")
    note: str = strawberry.field(description="What happened, for whoever reads it later.")
    expected_digest: str | None = strawberry.field(
        default=None,
        description="Of the preview that was looked at: exactly that is booked, or nothing.",
    )


@strawberry.type(description="The reversal is booked.")
class ReversePurchasePayload:
    """The first result, or the same one again."""

    replayed: bool = strawberry.field(
        description="Whether it was booked before: the request was a retry."
    )
    reversal: Reversal = strawberry.field(description="What was taken back.")


@refusal(
    code="reversal_changed",
    description="It would be booked otherwise than the preview said: look at it again.",
)
class ReversalChanged(Refusal):
    """Something was spent, given back or taken back since."""

    preview: ReversalPreview = strawberry.field(description="What would be booked now.")


ReversePurchaseResult = Annotated[
    ReversePurchasePayload
    | PurchaseNotReversible
    | ReversalExceedsPayment
    | ReversalChanged
    | ApprovalNeeded
    | IdempotencyConflict,
    strawberry.union("ReversePurchaseResult", description="What came of taking a payment back."),
]


async def reverse_purchase(
    info: Info,
    input: Annotated[  # noqa: A002 - the schema's name
        ReversePurchaseInput, strawberry.argument(description="What to take back, and why.")
    ],
) -> ReversePurchaseResult:
    """What providers tell is booked by itself: this is for what they do not know of."""
    return counted("reversePurchase", await _reverse(info.context, input))


async def _reverse(context: WalletContext, wanted: ReversePurchaseInput) -> ReversePurchaseResult:
    require_scope(context, REFUNDER)
    act = act_of(context, wanted.note, context.now())
    order = order_of(wanted.purchase_id, wanted.reason, wanted.amount_minor)
    traceparent = current_traceparent()
    try:
        done = await transact(
            context.pool,
            lambda conn: command.reverse_purchase(
                conn,
                wanted.reversal_id,
                order,
                act,
                expected_digest=wanted.expected_digest,
                traceparent=traceparent,
            ),
        )
    except (ReversalConflictError, ProposalConflictError):
        return IdempotencyConflict()
    except PurchaseNotReversibleError:
        return not_reversible()
    except ReversalExceedsPaymentError as error:
        return exceeds(error.left_minor, error.currency)
    except ReversalChangedError as error:
        return ReversalChanged(
            message="Something has changed since the preview: look at it again.",
            preview=ReversalPreview.of(error.plan, error.currency),
        )
    if done is None:
        return ApprovalNeeded()
    return ReversePurchasePayload(
        replayed=done.replayed,
        reversal=Reversal.of(done.reversal.reversal_id, done.plan, done.currency),
    )
