"""Release a held payout, or give it back."""

import enum
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import ApprovalNeeded, act_of
from payouts.commands import decide_held_payout as command
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.payout import Payout
from payouts.graphql.refusals import (
    CreatorNotCleared,
    PayoutMethodUnavailable,
    PayoutNotHeld,
    PayoutUnknown,
)
from payouts.graphql.tax_refusals import TaxFormNeeded


@strawberry.enum(description="What becomes of a held payout.")
class HeldDecision(enum.Enum):
    """There is no third way."""

    RELEASE = strawberry.enum_value("RELEASE", description="It waits to be sent again.")
    RETURN = strawberry.enum_value(
        "RETURN", description="It is canceled; its diamonds are the creator's again."
    )


@strawberry.input(description="A decision.")
class DecideHeldPayoutInput:
    """Who decides stands in the token."""

    payout_id: UUID = strawberry.field(description="The payout.")
    decision: HeldDecision = strawberry.field(description="What becomes of it.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The decision is carried out.")
class DecideHeldPayoutPayload:
    """As it is now."""

    payout: Payout = strawberry.field(description="The payout.")


DecideHeldPayoutResult = Annotated[
    DecideHeldPayoutPayload
    | PayoutUnknown
    | PayoutNotHeld
    | CreatorNotCleared
    | TaxFormNeeded
    | PayoutMethodUnavailable
    | ApprovalNeeded,
    strawberry.union("DecideHeldPayoutResult", description="What came of it."),
]


async def decide_held_payout(
    info: Info,
    input: Annotated[DecideHeldPayoutInput, strawberry.argument(description="The decision.")],  # noqa: A002
) -> DecideHeldPayoutResult:
    """Of two operators who decide at once, the second is told that it is not held.

    Unless it is so much that it takes both of them to release it.
    """
    context = info.context
    order = command.DecideHeldPayout(
        payout_id=input.payout_id,
        decision=command.HeldDecision(input.decision.value),
        act=act_of(context, input.reason, context.now()),
    )
    return await answered(
        context,
        "decideHeldPayout",
        lambda conn: command.decide_held_payout(conn, order),
        lambda payout: DecideHeldPayoutPayload(payout=Payout.of(payout)),
    )
