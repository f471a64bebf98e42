"""The creator, as far as payouts knows one."""

from typing import Self

import strawberry

from chassis.graphql import AUDITOR, require_owner, requires_scope
from payouts.graphql.context import Info
from payouts.graphql.earnings import Earnings


@strawberry.federation.type(keys=["id"], description="A person who can be sent gifts.")
class Creator:
    """Anyone with a user id may be one: who has earned nothing has earnings of zero."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002 - the key's name
        """The creator that another subgraph refers to; each field has its own guard."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="What the creator has earned; the creator's and operators' only.",
        extensions=[requires_scope("creator", "operator:payouts", AUDITOR)],
    )
    async def earnings(self, info: Info) -> Earnings | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, "operator:payouts", AUDITOR)
        return Earnings.of(self.id, await info.context.earnings.load(self.id))
