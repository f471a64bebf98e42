"""The schema of the wallet subgraph; `python -m wallet schema` prints it."""

import strawberry

from chassis.graphql import requires_scope, schema
from wallet.graphql.mutations.confirm_store_purchase import confirm_store_purchase
from wallet.graphql.mutations.publish_price_book import publish_price_book
from wallet.graphql.mutations.purchase_coins import purchase_coins
from wallet.graphql.mutations.refund_minor import refund_minor
from wallet.graphql.mutations.reverse_purchase import reverse_purchase
from wallet.graphql.mutations.set_spend_limits import set_spend_limits
from wallet.graphql.price_books import PUBLISHER
from wallet.graphql.query import Query
from wallet.graphql.reversing import REFUNDER


@strawberry.type(description="Writes.")
class Mutation:
    """One file each in `mutations`."""

    purchase_coins = strawberry.mutation(
        purchase_coins,
        description="Start buying coins. Safe to retry with the same purchaseId.",
        extensions=[requires_scope("viewer")],
    )
    confirm_store_purchase = strawberry.mutation(
        confirm_store_purchase,
        description="Show the receipt of a purchase made in the app's store. Safe to repeat.",
        extensions=[requires_scope("viewer")],
    )
    publish_price_book = strawberry.mutation(
        publish_price_book,
        description="Publish a version of the price book, in force from a moment on. Operators' "
        "only. Safe to retry with the same words.",
        extensions=[requires_scope(PUBLISHER)],
    )
    set_spend_limits = strawberry.mutation(
        set_spend_limits,
        description="Limit what the caller, or a ward of theirs, may spend. What is lower holds at "
        "once, what is higher or no limit after a cooling-off. Safe to retry.",
        extensions=[requires_scope("viewer")],
    )
    reverse_purchase = strawberry.mutation(
        reverse_purchase,
        description="Take a payment back by the declared waterfall. Safe to retry with the same "
        "reversalId.",
        extensions=[requires_scope(REFUNDER)],
    )
    refund_minor = strawberry.mutation(
        refund_minor,
        description="Take back a share of what a minor spent on gifts in a range of time, by the "
        "declared waterfall: whoever was given loses, the minor owes nothing. Safe to retry with "
        "the same refundId.",
        extensions=[requires_scope(REFUNDER)],
    )


SCHEMA = schema(query=Query, mutation=Mutation)
