"""Refunds of what minors spent, as operators see them; resolves `previewMinorRefund`."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import (
    BadUserInputError,
    BigInt,
    Coins,
    Currency,
    Money,
    Refusal,
    refusal,
    require_scope,
)
from wallet.commands.plan_minor_refund import preview_minor_refund as command
from wallet.domain import minor_refund as domain
from wallet.domain.minor_refund import (
    MinorRefundOrder,
    NothingToRefundError,
    RefundTermsInvalidError,
)
from wallet.graphql.context import Info
from wallet.graphql.reversal import ReversalLeg
from wallet.graphql.reversing import REFUNDER


@strawberry.type(description="What is taken back of one purchase.")
class MinorRefundPart:
    """Its coins paid gifts in the range."""

    purchase_id: UUID = strawberry.field(description="Whose coins.")
    amount: Money = strawberry.field(description="What goes back of its payment.")
    coins: Coins = strawberry.field(description="What its legs come to.")
    legs: list[ReversalLeg] = strawberry.field(
        description="In the order of the waterfall; each names its gift."
    )

    @classmethod
    def of(cls, part: domain.Part) -> Self:
        """Show a part."""
        return cls(
            purchase_id=part.purchase_id,
            amount=_money(part.currency, part.plan.amount_minor),
            coins=Coins(part.plan.coins),
            legs=[ReversalLeg.of(leg) for leg in part.plan.legs],
        )


@strawberry.type(description="Who would lose what, if it were booked now.")
class MinorRefundPreview:
    """Nothing is booked by looking."""

    amounts: list[Money] = strawberry.field(description="What would go back, by currency.")
    coins: Coins = strawberry.field(description="What all legs of all parts come to.")
    digest: str = strawberry.field(
        description="Stands for exactly these parts: give it to `refundMinor`."
    )
    parts: list[MinorRefundPart] = strawberry.field(description="By purchase.")

    @classmethod
    def of(cls, plan: domain.MinorRefundPlan) -> Self:
        """Show a plan."""
        return cls(
            amounts=amounts_of(plan),
            coins=Coins(plan.coins),
            digest=plan.digest,
            parts=[MinorRefundPart.of(part) for part in plan.parts],
        )


@refusal(
    code="refund_terms_invalid",
    description="The range or the share is none; the message says what to ask for instead.",
)
class RefundTermsInvalid(Refusal):
    """Whoever it would have concerned."""


@refusal(
    code="nothing_to_refund",
    description="The user spent nothing in the range that could go back, or its share is no coin.",
)
class NothingToRefund(Refusal):
    """No such user, no gifts, or all of it went back already."""


PreviewMinorRefundResult = Annotated[
    MinorRefundPreview | RefundTermsInvalid | NothingToRefund,
    strawberry.union("PreviewMinorRefundResult", description="What a refund would do."),
]


@strawberry.input(description="What to refund of what a minor spent.")
class PreviewMinorRefundInput:
    """The same words as `refundMinor` takes."""

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


def order_of(
    user_id: str, range_from: datetime, range_to: datetime, share_bps: int
) -> MinorRefundOrder:
    """What is asked for, in UTC, so that the same moments are the same words.

    Raises:
        BadUserInputError: A moment without a time zone, or one that no calendar has.
    """
    if range_from.tzinfo is None or range_to.tzinfo is None:
        raise BadUserInputError("A moment needs a time zone.")
    try:
        return MinorRefundOrder(
            user_id, range_from.astimezone(UTC), range_to.astimezone(UTC), share_bps
        )
    except OverflowError as error:
        raise BadUserInputError("There is no such moment.") from error


def terms_invalid(error: RefundTermsInvalidError) -> RefundTermsInvalid:
    """The refusal of terms that make no sense."""
    return RefundTermsInvalid(message=str(error))


def nothing_to_refund() -> NothingToRefund:
    """The refusal where nothing can go back."""
    return NothingToRefund(message="Nothing that this user spent in that range can go back.")


def amounts_of(plan: domain.MinorRefundPlan) -> list[Money]:
    """What goes back, by currency."""
    return [_money(currency, amount) for currency, amount in sorted(plan.amounts_minor.items())]


async def preview(info: Info, wanted: PreviewMinorRefundInput) -> PreviewMinorRefundResult:
    """Who would lose what; read in one transaction, so that its parts agree."""
    context = info.context
    require_scope(context, REFUNDER)
    order = order_of(wanted.user_id, wanted.range_from, wanted.range_to, wanted.share_bps)
    try:
        plan = await transact(context.pool, lambda conn: command(conn, order, at=context.now()))
    except RefundTermsInvalidError as error:
        return terms_invalid(error)
    except NothingToRefundError:
        return nothing_to_refund()
    return MinorRefundPreview.of(plan)


def _money(currency: str, amount_minor: int) -> Money:
    return Money(amount_minor=BigInt(amount_minor), currency=Currency(currency))
