"""End a contract between an agency and a creator."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import act_of
from payouts.commands import end_contract as command
from payouts.graphql.agency import AgencyContract
from payouts.graphql.agency_refusals import AgencyContractDecided, AgencyContractUnknown
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered


@strawberry.input(description="What is to end, and why.")
class EndAgencyContractInput:
    """Who ends it stands in the token."""

    contract_id: UUID = strawberry.field(description="Which contract.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The contract holds no longer.")
class EndAgencyContractPayload:
    """What was earned by it stays earned."""

    contract: AgencyContract = strawberry.field(description="The contract.")


EndAgencyContractResult = Annotated[
    EndAgencyContractPayload | AgencyContractUnknown | AgencyContractDecided,
    strawberry.union("EndAgencyContractResult", description="What came of it."),
]


async def end_agency_contract(
    info: Info,
    input: Annotated[EndAgencyContractInput, strawberry.argument(description="The end.")],  # noqa: A002
) -> EndAgencyContractResult:
    """From now on."""
    context = info.context
    order = command.EndContract(input.contract_id, act_of(context, input.reason, context.now()))
    return await answered(
        context,
        "endAgencyContract",
        lambda conn: command.end_contract(conn, order),
        lambda contract: EndAgencyContractPayload(contract=AgencyContract.of(contract)),
    )
