"""Value types that every subgraph shares; the supergraph has one of each."""

import strawberry

from chassis.graphql.scalars import BigInt, Currency


@strawberry.federation.type(
    shareable=True, description="An amount of money, in the currency's smallest unit."
)
class Money:
    """Never a float: cents for USD, whole yen for JPY."""

    amount_minor: BigInt = strawberry.field(
        description="Amount in the smallest unit of the currency: cents for USD, yen for JPY."
    )
    currency: Currency = strawberry.field(description="The currency of the amount.")


@strawberry.federation.type(
    shareable=True, description="Where a page ends, and whether there is more."
)
class PageInfo:
    """Of the Relay cursor connections specification."""

    has_next_page: bool = strawberry.field(description="Whether items follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first item; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item: pass it as `after` to read on. Null on an empty page."
    )
