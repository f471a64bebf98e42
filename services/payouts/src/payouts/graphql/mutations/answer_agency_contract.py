"""Accept or decline a contract with an agency."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import require_viewer
from payouts.commands import answer_contract as command
from payouts.graphql.agency import AgencyContract
from payouts.graphql.agency_refusals import (
    AgencyContractDecided,
    AgencyContractUnknown,
    AgencySharesExceeded,
)
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered


@strawberry.input(description="What the caller says to a contract.")
class AnswerAgencyContractInput:
    """Whose answer it is stands in the token."""

    contract_id: UUID = strawberry.field(description="One of the caller's `agencyContracts`.")
    accept: bool = strawberry.field(description="Whether it is to hold.")


@strawberry.type(description="The contract is answered.")
class AnswerAgencyContractPayload:
    """Payouts that are requested already stay as they are."""

    contract: AgencyContract = strawberry.field(description="The contract.")


AnswerAgencyContractResult = Annotated[
    AnswerAgencyContractPayload
    | AgencyContractUnknown
    | AgencyContractDecided
    | AgencySharesExceeded,
    strawberry.union("AnswerAgencyContractResult", description="What came of it."),
]


async def answer_agency_contract(
    info: Info,
    input: Annotated[AnswerAgencyContractInput, strawberry.argument(description="The answer.")],  # noqa: A002
) -> AnswerAgencyContractResult:
    """Only the creator's own."""
    context = info.context
    viewer = require_viewer(context)
    order = command.AnswerContract(input.contract_id, viewer.sub, input.accept)
    return await answered(
        context,
        "answerAgencyContract",
        lambda conn: command.answer_contract(conn, order, at=context.now()),
        lambda contract: AnswerAgencyContractPayload(contract=AgencyContract.of(contract)),
    )
