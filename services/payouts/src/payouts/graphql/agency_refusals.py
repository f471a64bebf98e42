"""The refusals that are about agencies, as clients see them."""

import strawberry

from chassis.graphql import Money, Refusal, refusal
from payouts.domain import refusals as domain
from payouts.graphql.agency import AgencyContractStatus
from payouts.graphql.payout import money


@refusal(code="agency_contract_invalid", description="Nobody can agree on that.")
class AgencyContractInvalid(Refusal):
    """Says which part of it."""

    field: str = strawberry.field(description="Which part: a field of the input.")


@refusal(code="agency_contract_unknown", description="There is no such contract.")
class AgencyContractUnknown(Refusal):
    """Other people's look the same."""


@refusal(
    code="agency_contract_decided",
    description="The contract was answered otherwise, or has ended.",
)
class AgencyContractDecided(Refusal):
    """Read it again."""

    status: AgencyContractStatus = strawberry.field(description="Where it is.")


@refusal(
    code="agency_shares_exceeded",
    description="All agencies together would have more of a payout than they may. End another "
    "contract first.",
)
class AgencySharesExceeded(Refusal):
    """At some moment from now on."""

    shares_bps: int = strawberry.field(
        description="What they would have, in hundredths of a percent."
    )
    max_bps: int = strawberry.field(description="What they may have.")


@refusal(
    code="commission_amount_invalid",
    description="The amount is zero, less, or no multiple of what can be paid.",
)
class CommissionAmountInvalid(Refusal):
    """Nothing was taken."""

    increment: Money = strawberry.field(description="Of what it has to be a multiple.")


@refusal(
    code="insufficient_commissions",
    description="More than is available in the currency of the payout method.",
)
class InsufficientCommissions(Refusal):
    """What is pending becomes available later."""

    available: Money = strawberry.field(description="What there is; below zero what is owed.")


@refusal(
    code="commission_below_minimum",
    description="Less than may be sent to that country, or nothing would be left after fees and "
    "withholding. Take more.",
)
class CommissionBelowMinimum(Refusal):
    """Nothing was taken."""

    needed: Money = strawberry.field(description="The least that would do.")


type AgencyRefusal = (
    AgencyContractInvalid
    | AgencyContractUnknown
    | AgencyContractDecided
    | AgencySharesExceeded
    | CommissionAmountInvalid
    | InsufficientCommissions
    | CommissionBelowMinimum
)


def shown_of_agencies(error: domain.DomainError) -> AgencyRefusal | None:
    """The refusal as a member of its mutation's union; None where it is about something else."""
    match error:
        case domain.AgencyContractInvalidError():
            return AgencyContractInvalid(message=f"Look at {error.field} again.", field=error.field)
        case domain.AgencyContractUnknownError():
            return AgencyContractUnknown(message="There is no such contract.")
        case domain.AgencyContractDecidedError():
            return AgencyContractDecided(
                message="This contract has been decided on.",
                status=AgencyContractStatus(error.status),
            )
        case domain.AgencySharesExceededError():
            return AgencySharesExceeded(
                message="Agencies would have too much of each payout.",
                shares_bps=error.shares_bps,
                max_bps=error.max_bps,
            )
        case domain.CommissionAmountInvalidError():
            return CommissionAmountInvalid(
                message="This amount cannot be paid.",
                increment=money(error.increment_minor, error.currency),
            )
        case domain.InsufficientCommissionsError():
            return InsufficientCommissions(
                message="This is more than is available.",
                available=money(error.available_minor, error.currency),
            )
        case domain.CommissionBelowMinimumError():
            return CommissionBelowMinimum(
                message="This is too little.", needed=money(error.needed_minor, error.currency)
            )
        case _:
            return None
