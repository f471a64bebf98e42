"""The subgraph's schema."""

import strawberry

from chassis.graphql import requires_scope, schema
from gifts.graphql.mutations.accept_gifts import accept_gifts
from gifts.graphql.mutations.send_gift import send_gift
from gifts.graphql.query import Query


@strawberry.type(description="Writes.")
class Mutation:
    """One file each in `mutations`."""

    accept_gifts = strawberry.mutation(
        accept_gifts,
        description="Switch receiving gifts on or off. The caller becomes a creator.",
        extensions=[requires_scope("creator")],
    )
    send_gift = strawberry.mutation(
        send_gift,
        description=(
            "Send a gift. Answers when it is SENT or refused, or after 2 s that it is PENDING: "
            "`gift(id)` tells later. Safe to retry with the same giftId."
        ),
        extensions=[requires_scope("viewer")],
    )


SCHEMA = schema(query=Query, mutation=Mutation)
