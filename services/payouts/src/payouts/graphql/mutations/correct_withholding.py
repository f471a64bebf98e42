"""Give a creator what was withheld too much."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import ApprovalNeeded, BigInt, Money, act_of
from payouts.commands import correct_withholding as command
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.payout import Payout, money
from payouts.graphql.refusals import PayoutUnknown
from payouts.graphql.tax_refusals import WithholdingCorrectionChanged


@strawberry.input(description="Of which payout how much is to be corrected.")
class CorrectWithholdingInput:
    """Who orders it stands in the token."""

    payout_id: UUID = strawberry.field(description="One of `previewWithholdingCorrections`.")
    excess_minor: BigInt = strawberry.field(
        description="The excess as previewed, in minor units of the payout's currency."
    )
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The amount is the creator's: their next payout carries it.")
class CorrectWithholdingPayload:
    """Once for a payout and a form."""

    replayed: bool = strawberry.field(
        description="Whether it was corrected before: the request was a retry."
    )
    payout: Payout = strawberry.field(description="The payout whose withholding was corrected.")
    corrected: Money = strawberry.field(description="What is the creator's now.")


CorrectWithholdingResult = Annotated[
    CorrectWithholdingPayload | PayoutUnknown | WithholdingCorrectionChanged | ApprovalNeeded,
    strawberry.union("CorrectWithholdingResult", description="What came of it."),
]


async def correct_withholding(
    info: Info,
    input: Annotated[CorrectWithholdingInput, strawberry.argument(description="The correction.")],  # noqa: A002
) -> CorrectWithholdingResult:
    """Books what was previewed, or refuses, or waits for a second operator."""
    context = info.context
    act = act_of(context, input.reason, context.now())
    order = command.CorrectWithholding(input.payout_id, input.excess_minor, act)
    return await answered(
        context,
        "correctWithholding",
        lambda conn: command.correct_withholding(conn, order),
        lambda done: CorrectWithholdingPayload(
            replayed=done.replayed,
            payout=Payout.of(done.payout),
            corrected=money(done.amount_minor, done.payout.currency),
        ),
    )
