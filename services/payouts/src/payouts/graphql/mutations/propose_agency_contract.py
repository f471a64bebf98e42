"""Enter a contract between an agency and a creator."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import BadUserInputError, IdempotencyConflict, act_of
from chassis.ids import is_user_id
from payouts.commands import propose_contract as command
from payouts.domain.agency import ContractTerms
from payouts.graphql.agency import AgencyContract
from payouts.graphql.agency_refusals import AgencyContractInvalid
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered


@strawberry.input(description="What the agency has agreed to.")
class ProposeAgencyContractInput:
    """Who enters it stands in the token."""

    contract_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    creator_id: strawberry.ID = strawberry.field(description="Of whose payouts.")
    agency_id: strawberry.ID = strawberry.field(
        description="Who is to get a share: a user id, like a creator's."
    )
    share_bps: int = strawberry.field(
        description="Of the gross amount of each payout, in hundredths of a percent."
    )
    effective_from: datetime = strawberry.field(description="From when on; not in the past.")
    ends_at: datetime | None = strawberry.field(
        default=None, description="Until when; null: until it is ended."
    )
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The contract waits for the creator's answer.")
class ProposeAgencyContractPayload:
    """The first result, or the same contract as it is now."""

    replayed: bool = strawberry.field(
        description="Whether this contract was entered before: the request was a retry."
    )
    contract: AgencyContract = strawberry.field(description="The contract.")


ProposeAgencyContractResult = Annotated[
    ProposeAgencyContractPayload | AgencyContractInvalid | IdempotencyConflict,
    strawberry.union(
        "ProposeAgencyContractResult", description="The contract, or why it was not kept."
    ),
]


async def propose_agency_contract(
    info: Info,
    input: Annotated[ProposeAgencyContractInput, strawberry.argument(description="The contract.")],  # noqa: A002
) -> ProposeAgencyContractResult:
    """Moments without a time zone are none, and ids that nobody can have are nobody's."""
    context = info.context
    act = act_of(context, input.reason, context.now())
    if not is_user_id(input.creator_id) or not is_user_id(input.agency_id):
        raise BadUserInputError("That is no user id.")
    terms = ContractTerms(
        creator_id=input.creator_id,
        agency_id=input.agency_id,
        share_bps=input.share_bps,
        effective_from=_moment(input.effective_from),
        ends_at=None if input.ends_at is None else _moment(input.ends_at),
    )
    order = command.ProposeContract(input.contract_id, terms, act)
    return await answered(
        context,
        "proposeAgencyContract",
        lambda conn: command.propose_contract(conn, order),
        lambda proposed: ProposeAgencyContractPayload(
            replayed=proposed.replayed, contract=AgencyContract.of(proposed.contract)
        ),
    )


def _moment(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BadUserInputError("A moment needs its time zone.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadUserInputError("That moment is on no calendar.") from error
