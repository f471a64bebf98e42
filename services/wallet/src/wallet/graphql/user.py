"""The user, as far as the wallet knows one."""

from typing import Self

import strawberry

from chassis.graphql import AUDITOR, require_owner, requires_scope
from chassis.ids import is_user_id
from wallet.graphql.balance import Balance
from wallet.graphql.context import Info
from wallet.graphql.spend_limits import PendingSpendLimits, SpendLimits


@strawberry.federation.type(keys=["id"], description="A person who may hold coins.")
class User:
    """Anyone with a user id may be one: who never bought coins holds none."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002 - the key's name
        """The user that another subgraph refers to; each field has its own guard."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="Coins held; the owner's and auditors' only.",
        extensions=[requires_scope("viewer", AUDITOR)],
    )
    async def balance(self, info: Info) -> Balance | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, AUDITOR)
        if not is_user_id(self.id):
            return None
        return Balance.of(await info.context.holdings.load(self.id))

    @strawberry.field(
        description="How much the user may spend; the owner's and auditors' only.",
        extensions=[requires_scope("viewer", "operator:audit")],
    )
    async def spend_limits(self, info: Info) -> SpendLimits | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, "operator:audit")
        limits = await info.context.limits.load(self.id)
        return SpendLimits.of(limits.in_force(info.context.now()))

    @strawberry.field(
        description="Higher limits that will hold after their cooling-off; to the same readers.",
        extensions=[requires_scope("viewer", "operator:audit")],
    )
    async def pending_spend_limits(self, info: Info) -> PendingSpendLimits | None:
        """Null where nothing waits."""
        require_owner(info.context, self.id, "operator:audit")
        waiting = (await info.context.limits.load(self.id)).waiting(info.context.now())
        return None if waiting is None else PendingSpendLimits.of(waiting)
