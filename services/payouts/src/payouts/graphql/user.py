"""The user, as far as payouts knows one."""

from typing import Self

import strawberry

from payouts.graphql.creator import Creator


@strawberry.federation.type(keys=["id"], description="A person who may hold coins.")
class User:
    """Anyone with a user id may be a creator too."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002 - the key's name
        """The user that another subgraph refers to; what is private has its guard further in."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(description="The same person, as someone who can be sent gifts.")
    def creator(self) -> Creator:
        """No look-up: who has earned nothing has earnings of zero."""
        return Creator(id=self.id)
