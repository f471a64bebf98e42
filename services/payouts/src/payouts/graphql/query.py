"""Where a query of the payouts subgraph starts."""

from typing import Annotated

import strawberry

from chassis.ids import is_user_id
from payouts.graphql.creator import Creator


@strawberry.type(description="Reads.")
class Query:
    """The caller's own side, `me`, is the wallet's and gifts'; payouts joins it by `Creator`."""

    @strawberry.federation.field(
        shareable=True,
        description=(
            "A creator, or anyone who may become one; anyone may look. Null unless the id has the "
            "form of a user id."
        ),
    )
    def creator(
        self,
        id: Annotated[strawberry.ID, strawberry.argument(description="A user id.")],  # noqa: A002
    ) -> Creator | None:
        """No look-up: who has earned nothing has earnings of zero."""
        return Creator(id=id) if is_user_id(id) else None
