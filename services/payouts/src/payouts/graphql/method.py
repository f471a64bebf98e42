"""Payout methods, as creators see theirs."""

import enum
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import Connection, Currency
from payouts.domain import method as domain


@strawberry.enum(description="Whether money may go there.")
class PayoutMethodStatus(enum.Enum):
    """The names are those of the database."""

    PENDING = strawberry.enum_value("PENDING", description="The rail is asked about the account.")
    VERIFIED = strawberry.enum_value(
        "VERIFIED", description="The rail knows the account. Usable from `usableFrom` on."
    )
    DISABLED = strawberry.enum_value("DISABLED", description="Out of use for good; add another.")


@strawberry.type(description="Where a creator's money goes.")
class PayoutMethod:
    """Its details are never shown again: only what the owner knows it by."""

    id: UUID = strawberry.field(description="Made by the client.")
    rail: str = strawberry.field(description="How money gets there, such as `sandbox_bank`.")
    status: PayoutMethodStatus = strawberry.field(description="Whether money may go there.")
    usable_from: datetime = strawberry.field(
        description="No payout goes there before: after a change there is time to notice it."
    )
    display: str = strawberry.field(
        description="What the owner knows it by: country and the account's last four characters."
    )
    country: str = strawberry.field(description="Where the account is: ISO 3166-1 alpha-2.")
    currency: Currency = strawberry.field(description="What arrives there.")
    added_at: datetime = strawberry.field(description="When it was added.")
    reason: str | None = strawberry.field(description="Why it is disabled; null while it is not.")

    @classmethod
    def of(cls, method: domain.PayoutMethod) -> Self:
        """Show a method."""
        return cls(
            id=method.method_id,
            rail=method.rail,
            status=PayoutMethodStatus(method.status.value),
            usable_from=method.usable_from,
            display=method.display,
            country=method.country,
            currency=Currency(method.currency),
            added_at=method.added_at,
            reason=method.reason,
        )


@strawberry.type(description="A page of a creator's payout methods.")
class PayoutMethodConnection(Connection[PayoutMethod]):
    """Newest first, disabled ones included."""
