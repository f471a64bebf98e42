"""Take back a share of what a minor spent in a range of time."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import (
    ApprovalNeeded,
    Coins,
    IdempotencyConflict,
    Money,
    Refusal,
    act_of,
    refusal,
    require_scope,
)
from chassis.operators import ProposalConflictError
from chassis.telemetry import current_traceparent
from wallet.commands import refund_minor as command
from wallet.commands.refund_minor import MinorRefundChangedError, MinorRefundConflictError
from wallet.domain.minor_refund import NothingToRefundError, RefundTermsInvalidError
from wallet.graphql.context import Info, WalletContext
from wallet.graphql.minor_refund import (
    MinorRefundPart,
    MinorRefundPreview,
    NothingToRefund,
    RefundTermsInvalid,
    amounts_of,
    nothing_to_refund,
    order_of,
    terms_invalid,
)
from wallet.graphql.mutations.refusing import counted
from wallet.graphql.reversing import REFUNDER
from wallet.graphql.user import User


@strawberry.input(description="What to refund of what a minor spent, and why.")
class RefundMinorInput:
    """Who asks stands in the token."""

    refund_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    user_id: strawberry.ID = strawberry.field(description="Who spent.")
    range_from: datetime = strawberry.field(
        name="from", description="Gifts that were charged from this moment on."
    )
    range_to: datetime = strawberry.field(
        name="to", description="And before this one; at most 366 days later."
    )
    share_bps: int = strawberry.field(
        description="Of what they cost, in hundredths of a percent: 1 to 10000."
    )
    expected_digest: str = strawberry.field(
        description="Of the preview that was looked at: exactly that is booked, or nothing."
    )
    note: str = strawberry.field(description="What happened, for whoever reads it later.")


@strawberry.type(description="What was refunded of what a minor spent.")
class MinorRefund:
    """As it was booked; it never changes."""

    id: UUID = strawberry.field(description="Made by the operator's client.")
    user: User = strawberry.field(description="Who spent.")
    amounts: list[Money] = strawberry.field(description="What goes back, by currency.")
    coins: Coins = strawberry.field(description="What all legs of all parts come to.")
    share_bps: int = strawberry.field(description="In hundredths of a percent.")
    parts: list[MinorRefundPart] = strawberry.field(description="By purchase.")

    @classmethod
    def of(cls, done: command.Refunded) -> Self:
        """Show what was booked."""
        return cls(
            id=done.refund.refund_id,
            user=User(id=strawberry.ID(done.refund.user_id)),
            amounts=amounts_of(done.plan),
            coins=Coins(done.refund.coins),
            share_bps=done.refund.share_bps,
            parts=[MinorRefundPart.of(part) for part in done.plan.parts],
        )


@strawberry.type(description="The refund is booked.")
class RefundMinorPayload:
    """The first result, or the same one again."""

    replayed: bool = strawberry.field(
        description="Whether it was booked before: the request was a retry."
    )
    refund: MinorRefund = strawberry.field(description="What was refunded.")


@refusal(
    code="minor_refund_changed",
    description="It would be booked otherwise than the preview said: look at it again.",
)
class MinorRefundChanged(Refusal):
    """Something was spent, given back or taken back since."""

    preview: MinorRefundPreview = strawberry.field(description="What would be booked now.")


RefundMinorResult = Annotated[
    RefundMinorPayload
    | RefundTermsInvalid
    | NothingToRefund
    | MinorRefundChanged
    | ApprovalNeeded
    | IdempotencyConflict,
    strawberry.union("RefundMinorResult", description="What came of refunding a minor."),
]


async def refund_minor(
    info: Info,
    input: Annotated[  # noqa: A002 - the schema's name
        RefundMinorInput, strawberry.argument(description="What to refund, and why.")
    ],
) -> RefundMinorResult:
    """All purchases concerned in one transaction."""
    return counted("refundMinor", await _refund(info.context, input))


async def _refund(context: WalletContext, wanted: RefundMinorInput) -> RefundMinorResult:
    require_scope(context, REFUNDER)
    act = act_of(context, wanted.note, context.now())
    order = order_of(wanted.user_id, wanted.range_from, wanted.range_to, wanted.share_bps)
    traceparent = current_traceparent()
    try:
        done = await transact(
            context.pool,
            lambda conn: command.refund_minor(
                conn,
                wanted.refund_id,
                order,
                act,
                expected_digest=wanted.expected_digest,
                traceparent=traceparent,
            ),
        )
    except (MinorRefundConflictError, ProposalConflictError):
        return IdempotencyConflict()
    except RefundTermsInvalidError as error:
        return terms_invalid(error)
    except NothingToRefundError:
        return nothing_to_refund()
    except MinorRefundChangedError as error:
        return MinorRefundChanged(
            message="Something has changed since the preview: look at it again.",
            preview=MinorRefundPreview.of(error.plan),
        )
    if done is None:
        return ApprovalNeeded()
    return RefundMinorPayload(replayed=done.replayed, refund=MinorRefund.of(done))
