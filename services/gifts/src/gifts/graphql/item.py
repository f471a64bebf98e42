"""What is on sale."""

from datetime import datetime
from typing import Self

import strawberry

from chassis import clock
from chassis.graphql import After, Before, Coins, Connection, First, Last, Page
from gifts.domain import catalogue as domain
from gifts.graphql.context import Info


@strawberry.federation.type(
    keys=["id"], description="Something that can be given, as the catalogue in force sells it."
)
class GiftItem:
    """Items that are sold no more keep what they had last."""

    id: strawberry.ID = strawberry.field(description="Stable, such as `rose`.")
    name: str = strawberry.field(description="For people, in English.")
    tier: int = strawberry.field(description="Price class: the higher, the dearer.")
    price_coins: Coins = strawberry.field(description="Of one piece.")
    max_message_length: int = strawberry.field(
        description="Characters a message may have with one piece; 0 where the tier allows none."
    )
    streakable: bool = strawberry.field(
        description="Whether pieces sent in quick succession count as one streak."
    )

    @classmethod
    def of(cls, item: domain.GiftItem) -> Self:
        """The item as clients see it."""
        return cls(
            id=strawberry.ID(item.item_id),
            name=item.name,
            tier=item.tier,
            price_coins=Coins(item.price_coins),
            max_message_length=item.max_message_length,
            streakable=item.streakable,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Self | None:  # noqa: A002
        """The item for the gateway; anyone may look."""
        catalogues = await info.context.catalogues.get()
        item = catalogues.find_item(id, clock.now())
        return None if item is None else cls.of(item)


@strawberry.type(description="A page of items, cheapest first.")
class GiftItemConnection(Connection[GiftItem]):
    """All items of one catalogue."""


@strawberry.type(description="How long a message may be with gifts of some price.")
class MessageLength:
    """Up to the next price listed."""

    from_coins: Coins = strawberry.field(
        description="What a gift costs at least, all pieces together."
    )
    max_length: int = strawberry.field(description="Characters.")


@strawberry.type(description="What is on sale; published as a whole and never changed afterwards.")
class GiftCatalogue:
    """The version in force."""

    version: int = strawberry.field(description="Rises with each publication; 0 before the first.")
    message_lengths: list[MessageLength] = strawberry.field(
        description="The more a gift costs, the longer a message may be; cheapest first. Below the "
        "first there may be none."
    )
    listed: strawberry.Private[tuple[domain.GiftItem, ...]]

    @strawberry.field(description="What can be sent now, cheapest first.")
    def items(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> GiftItemConnection:
        """A page of the items; they are in memory already."""
        page = Page.of(tuple[int, str], first=first, after=after, last=last, before=before)
        listed = self.listed[::-1] if page.backward else self.listed
        if page.position is not None:
            beyond = page.position
            listed = [
                item
                for item in listed
                if (_place(item) < beyond if page.backward else _place(item) > beyond)
            ]
        return GiftItemConnection.of(page, listed[: page.limit + 1], node=GiftItem.of, key=_place)

    @classmethod
    def of(cls, catalogues: domain.Catalogues, at: datetime) -> Self:
        """The catalogue in force at a time; empty before the first."""
        catalogue = catalogues.in_force(at)
        if catalogue is None:
            return cls(version=0, message_lengths=[], listed=())
        return cls(
            version=catalogue.version,
            message_lengths=[
                MessageLength(from_coins=Coins(each.from_coins), max_length=each.max_length)
                for each in catalogue.message_lengths
            ],
            listed=catalogue.items,
        )


def _place(item: domain.GiftItem) -> tuple[int, str]:
    return item.price_coins, item.item_id
