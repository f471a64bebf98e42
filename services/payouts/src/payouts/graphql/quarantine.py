"""Gifts that their creators froze, as creators and operators see them."""

import enum
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import AUDITOR, Connection, MicroDiamonds, Money, requires_scope
from payouts.domain import quarantine as domain
from payouts.graphql.context import Info
from payouts.graphql.payout import money

READERS = ("operator:payouts", AUDITOR)


@strawberry.enum(description="What became of a frozen gift.")
class QuarantineStatus(enum.Enum):
    """FROZEN ends in one of the others."""

    FROZEN = strawberry.enum_value(
        "FROZEN", description="Its diamonds are held until an operator decides."
    )
    RELEASED = strawberry.enum_value(
        "RELEASED", description="Nothing was wrong: it is as if it had never been frozen."
    )
    RETURNED = strawberry.enum_value(
        "RETURNED", description="It goes back to its sender, as if it had never been sent."
    )


@strawberry.type(description="A gift that its creator froze, because something is wrong with it.")
class GiftQuarantine:
    """The creator's and operators' only. It says nothing against either side."""

    id: UUID = strawberry.field(description="Made by the creator's client.")
    gift_id: UUID = strawberry.field(description="The gift.")
    status: QuarantineStatus = strawberry.field(description="What became of it.")
    note: str | None = strawberry.field(description="What the creator wrote.")
    micro_diamonds: MicroDiamonds = strawberry.field(
        description="What the gift had earned. What was not taken back of it is held."
    )
    worth: Money = strawberry.field(description="Of these diamonds; rounded down.")
    frozen_at: datetime = strawberry.field(description="When.")
    decided_at: datetime | None = strawberry.field(
        description="When an operator decided, or its sender undid the gift; null while FROZEN."
    )
    ended_at: datetime | None = strawberry.field(
        description="From when on nothing of it is held any more; null: it is."
    )

    @classmethod
    def of(cls, quarantine: domain.Quarantine) -> Self:
        """Show one."""
        return cls(
            id=quarantine.quarantine_id,
            gift_id=quarantine.gift_id,
            status=QuarantineStatus(quarantine.status.value),
            note=quarantine.note,
            micro_diamonds=MicroDiamonds(quarantine.micro_diamonds),
            worth=money(quarantine.worth_minor, quarantine.currency),
            frozen_at=quarantine.frozen_at,
            decided_at=quarantine.decided_at,
            ended_at=quarantine.ended_at,
        )


@strawberry.type(description="A page of what is frozen, newest first.")
class GiftQuarantineConnection(Connection[GiftQuarantine]):
    """Of all creators."""


@strawberry.federation.type(keys=["id"], description="A gift, from the request on.")
class Gift:
    """As far as payouts knows it."""

    id: UUID = strawberry.field(description="Made by the sender's client.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self | None:  # noqa: A002 - the key's name
        """The gift that another subgraph refers to; what is private has its guard further in."""
        try:
            return cls(id=UUID(id))
        except ValueError:
            return None

    @strawberry.field(
        description="Whether its creator froze it; the creator's and operators' only. Null where "
        "they did not, and for everybody else.",
        extensions=[requires_scope("creator", *READERS)],
    )
    async def quarantine(self, info: Info) -> GiftQuarantine | None:
        """Its sender is not told: freezing accuses nobody."""
        found = await info.context.quarantines.load(self.id)
        viewer = info.context.viewer
        if found is None or viewer is None:
            return None
        if viewer.sub != found.creator_id and viewer.scopes.isdisjoint(READERS):
            return None
        return GiftQuarantine.of(found)
