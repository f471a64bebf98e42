"""What a creator was given, added up."""

import enum
from collections.abc import Callable
from datetime import datetime
from typing import Self

import strawberry

from chassis.graphql import BigInt, Coins, Connection, MicroDiamonds, Page
from payouts.domain import figures as domain


@strawberry.enum(description="What figures are told apart by.")
class AnalyticsBreakdown(enum.Enum):
    """The names are those of the database."""

    GIFTER = strawberry.enum_value(
        "GIFTER", description="Who gave. The creator's and auditors' only."
    )
    ITEM = strawberry.enum_value("ITEM", description="What was given.")
    DAY = strawberry.enum_value("DAY", description="When, in UTC.")


@strawberry.type(description="Gifts of one gifter, of one item or of one day.")
class GiftFigures:
    """What is left of them, and what was taken back."""

    key: str | None = strawberry.field(
        description="The gifter's user id, the item's id, or the day, such as 2026-11-05. Null of "
        "gifts of a time in which that was not kept."
    )
    gifts: BigInt = strawberry.field(description="All gifts, those taken back too.")
    coins: Coins = strawberry.field(description="Given, without what was taken back.")
    micro_diamonds: MicroDiamonds = strawberry.field(
        description="Earned, without what was taken back: millionths of a diamond."
    )
    reversed_coins: Coins = strawberry.field(
        description="Taken back, because payments were, whether or not the creator bears it."
    )
    reversed_micro_diamonds: MicroDiamonds = strawberry.field(
        description="What of the earnings was taken back with them."
    )

    @classmethod
    def of(cls, figure: domain.Figure) -> Self:
        """Show a figure."""
        figures = figure.figures
        return cls(
            key=figure.key or None,
            gifts=BigInt(figures.gifts),
            coins=Coins(figures.coins),
            micro_diamonds=MicroDiamonds(figures.micro_diamonds),
            reversed_coins=Coins(figures.reversed_coins),
            reversed_micro_diamonds=MicroDiamonds(figures.reversed_micro_diamonds),
        )


@strawberry.type(
    description="What a creator was given in a range of days, each gift on its day, also of what "
    "was taken back later. Over all days, the totals are those of earnings.lifetime and of "
    "giftsReceived.totalCoins, as far as asOf."
)
class CreatorAnalytics(Connection[GiftFigures]):
    """Days in order; gifters and items with most coins first."""

    as_of: datetime | None = strawberry.field(
        description="What was recorded until this moment is in all of it: a minute ago or so. Null "
        "while nothing has been added up."
    )
    total_gifts: BigInt = strawberry.field(description="Of the range, not only of this page.")
    total_coins: Coins = strawberry.field(description="Likewise.")
    total_micro_diamonds: MicroDiamonds = strawberry.field(description="Likewise.")
    total_reversed_coins: Coins = strawberry.field(description="Likewise.")
    total_reversed_micro_diamonds: MicroDiamonds = strawberry.field(description="Likewise.")

    @classmethod
    def show[KeyT: tuple[object, ...]](
        cls,
        page: Page[KeyT],
        found: domain.Analytics,
        *,
        key: Callable[[domain.Figure], KeyT],
    ) -> Self:
        """Show a page of figures."""
        total = found.total
        return cls.of(
            page,
            found.page,
            node=GiftFigures.of,
            key=key,
            as_of=found.as_of,
            total_gifts=BigInt(total.gifts),
            total_coins=Coins(total.coins),
            total_micro_diamonds=MicroDiamonds(total.micro_diamonds),
            total_reversed_coins=Coins(total.reversed_coins),
            total_reversed_micro_diamonds=MicroDiamonds(total.reversed_micro_diamonds),
        )
