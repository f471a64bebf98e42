"""Mend a difference between a rail's books and ours: one operator proposes, another approves."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import act_of
from payouts.commands.reconcile_rail import RepairOrder, approve_repair, propose_repair
from payouts.graphql.breaks import PayoutBreak
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.refusals import (
    PayoutBreakNotRepairable,
    PayoutBreakUnknown,
    SecondOperatorNeeded,
)


@strawberry.input(description="Which break, and why it should be mended.")
class ProposePayoutRepairInput:
    """Who proposes stands in the token."""

    break_id: UUID = strawberry.field(description="One of `payoutBreaks`, with a repair.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="A second operator has to agree.")
class ProposePayoutRepairPayload:
    """Nothing was mended yet."""

    payout_break: PayoutBreak = strawberry.field(name="break", description="The break.")


ProposePayoutRepairResult = Annotated[
    ProposePayoutRepairPayload | PayoutBreakUnknown | PayoutBreakNotRepairable,
    strawberry.union("ProposePayoutRepairResult", description="What came of it."),
]


async def propose_payout_repair(
    info: Info,
    input: Annotated[ProposePayoutRepairInput, strawberry.argument(description="The proposal.")],  # noqa: A002
) -> ProposePayoutRepairResult:
    """Proposed again by the same operator it changes nothing."""
    context = info.context
    order = RepairOrder(input.break_id, act_of(context, input.reason, context.now()))
    return await answered(
        context,
        "proposePayoutRepair",
        lambda conn: propose_repair(conn, order),
        lambda found: ProposePayoutRepairPayload(payout_break=PayoutBreak.of(found)),
    )


@strawberry.input(description="Which proposal.")
class ApprovePayoutRepairInput:
    """Who approves stands in the token."""

    break_id: UUID = strawberry.field(description="One whose repair somebody else has proposed.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The repair is done.")
class ApprovePayoutRepairPayload:
    """Once."""

    payout_break: PayoutBreak = strawberry.field(name="break", description="The break.")


ApprovePayoutRepairResult = Annotated[
    ApprovePayoutRepairPayload
    | PayoutBreakUnknown
    | PayoutBreakNotRepairable
    | SecondOperatorNeeded,
    strawberry.union("ApprovePayoutRepairResult", description="What came of it."),
]


async def approve_payout_repair(
    info: Info,
    input: Annotated[ApprovePayoutRepairInput, strawberry.argument(description="The proposal.")],  # noqa: A002
) -> ApprovePayoutRepairResult:
    """Of two who approve at once the second is told that it is repaired."""
    context = info.context
    order = RepairOrder(input.break_id, act_of(context, input.reason, context.now()))
    return await answered(
        context,
        "approvePayoutRepair",
        lambda conn: approve_repair(conn, order),
        lambda found: ApprovePayoutRepairPayload(payout_break=PayoutBreak.of(found)),
    )
