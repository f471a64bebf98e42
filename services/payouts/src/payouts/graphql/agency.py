"""Contracts with agencies, and what agencies earn, as those concerned see them (C47)."""

import enum
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import Connection, Money
from payouts.domain import agency as domain
from payouts.graphql.payout import money
from payouts.store import commissions as store


@strawberry.enum(description="How far a contract with an agency has come.")
class AgencyContractStatus(enum.Enum):
    """The names are those of the database."""

    PROPOSED = strawberry.enum_value("PROPOSED", description="The creator has not answered yet.")
    ACCEPTED = strawberry.enum_value(
        "ACCEPTED", description="It holds from `effectiveFrom` to `endsAt`, or until a newer one."
    )
    DECLINED = strawberry.enum_value("DECLINED", description="The creator does not want it.")
    ENDED = strawberry.enum_value("ENDED", description="It does not hold any more, or never did.")


@strawberry.type(description="What an agency and a creator agree on. Another share is another one.")
class AgencyContract:
    """What operators wrote of it is theirs."""

    id: UUID = strawberry.field(description="Made by the operator's client.")
    creator_id: strawberry.ID = strawberry.field(description="Of whose payouts.")
    agency_id: strawberry.ID = strawberry.field(description="Who gets a share of them.")
    share_bps: int = strawberry.field(
        description="Of the gross amount of each payout that is requested while it holds, in "
        "hundredths of a percent."
    )
    effective_from: datetime = strawberry.field(
        description="From when it holds, if it is accepted: instead of an older one of the two."
    )
    ends_at: datetime | None = strawberry.field(
        description="When it ends by itself; null: it does not."
    )
    proposed_at: datetime = strawberry.field(description="When it was entered.")
    accepted_at: datetime | None = strawberry.field(
        description="When the creator agreed; null: they have not."
    )
    status: AgencyContractStatus = strawberry.field(description="How far it has come.")

    @classmethod
    def of(cls, contract: domain.Contract) -> Self:
        """Show a contract."""
        return cls(
            id=contract.contract_id,
            creator_id=strawberry.ID(contract.creator_id),
            agency_id=strawberry.ID(contract.agency_id),
            share_bps=contract.share_bps,
            effective_from=contract.effective_from,
            ends_at=contract.ends_at,
            proposed_at=contract.proposed_at,
            accepted_at=contract.accepted_at,
            status=AgencyContractStatus(contract.status.value),
        )


@strawberry.type(description="A page of contracts.")
class AgencyContractConnection(Connection[AgencyContract]):
    """Newest first."""


@strawberry.type(description="What an agency is owed in a currency.")
class CommissionBalance:
    """One for each currency of its creators' payouts."""

    available: Money = strawberry.field(
        description="What it can be paid. Below zero: payouts came back of which it has been paid "
        "already, and what it earns next is kept for that."
    )
    pending: Money = strawberry.field(description="Of payouts that may still come back.")

    @classmethod
    def of(cls, balance: store.Balance) -> Self:
        """Show a balance."""
        return cls(
            available=money(balance.available_minor, balance.currency),
            pending=money(balance.pending_minor, balance.currency),
        )


@strawberry.type(description="What an agency has earned of a creator's payouts.")
class CreatorCommission:
    """One for each currency."""

    creator_id: strawberry.ID = strawberry.field(description="Of whose payouts.")
    earned: Money = strawberry.field(
        description="Of all that were paid, paid to the agency or not, without what came back."
    )

    @classmethod
    def of(cls, of: store.OfCreator) -> Self:
        """Show a sum."""
        return cls(
            creator_id=strawberry.ID(of.creator_id), earned=money(of.amount_minor, of.currency)
        )
