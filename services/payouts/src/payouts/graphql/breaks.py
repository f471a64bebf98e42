"""Where rails' books and ours differ, as operators see it."""

import enum
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import Connection
from payouts.domain import reconciliation as domain
from payouts.graphql.refusals import PayoutBreakStatus


@strawberry.enum(description="How the books differ.")
class PayoutBreakKind(enum.Enum):
    """Of one transfer there may be several."""

    MISSING = strawberry.enum_value("MISSING", description="The rail has lost what it accepted.")
    DUPLICATE = strawberry.enum_value("DUPLICATE", description="The rail has it more than once.")
    AMOUNT = strawberry.enum_value("AMOUNT", description="The rail has another amount or currency.")
    STATUS = strawberry.enum_value("STATUS", description="The rail says that it went otherwise.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="The rail has what we never ordered.")


@strawberry.enum(description="What a program may do about it once two operators agree.")
class PayoutRepair(enum.Enum):
    """Each is done once, and changes nothing where it is no longer right."""

    TAKE_STATUS = strawberry.enum_value(
        "TAKE_STATUS", description="The payout becomes what the rail says."
    )
    ORDER_AGAIN = strawberry.enum_value(
        "ORDER_AGAIN", description="It is ordered once more under its key, unless the rail has it."
    )


@strawberry.type(description="A difference between a rail's books and ours.")
class PayoutBreak:
    """Found again, it is the same one until it has ended."""

    id: UUID = strawberry.field(description="Ours.")
    rail: str = strawberry.field(description="Whose books.")
    kind: PayoutBreakKind = strawberry.field(description="How they differ.")
    transfer_key: str = strawberry.field(description="What the rail knows it by.")
    payout_id: UUID | None = strawberry.field(description="Null where the key is none of ours.")
    their_status: str | None = strawberry.field(
        description="What the rail says of it; null where it says nothing."
    )
    repair: PayoutRepair | None = strawberry.field(
        description="What would mend it; null where only people can."
    )
    status: PayoutBreakStatus = strawberry.field(description="What became of it.")
    found_at: datetime = strawberry.field(description="When it was found first.")
    proposed_by: str | None = strawberry.field(description="Who has proposed its repair.")
    proposal_reason: str | None = strawberry.field(description="On what grounds.")

    @classmethod
    def of(cls, found: domain.Break) -> Self:
        """Show a break."""
        return cls(
            id=found.break_id,
            rail=found.rail,
            kind=PayoutBreakKind(found.kind.value),
            transfer_key=found.transfer_key,
            payout_id=found.payout_id,
            their_status=found.their_status,
            repair=None if found.repair is None else PayoutRepair(found.repair.value),
            status=PayoutBreakStatus(found.status.value),
            found_at=found.found_at,
            proposed_by=found.proposed_by,
            proposal_reason=found.proposal_reason,
        )


@strawberry.type(description="A page of breaks.")
class PayoutBreakConnection(Connection[PayoutBreak]):
    """Newest first."""
