"""What a user holds, as the user sees it."""

import enum
from datetime import datetime
from typing import Self

import strawberry

from chassis.graphql import After, Before, Coins, Connection, First, Last, Page
from contracts.event import Instant
from wallet.graphql.context import Info
from wallet.store.balances import Holding, OpenLot


@strawberry.enum(description="Where coins came from; it decides in which order they are spent.")
class LotClass(enum.Enum):
    """The names are those of the ledger, in capitals."""

    PURCHASED = strawberry.enum_value("purchased", description="Bought with money.")
    BONUS = strawberry.enum_value("bonus", description="Given on top of a purchase.")
    EARNED = strawberry.enum_value("earned", description="Earned by taking part.")
    GRANTED = strawberry.enum_value("granted", description="Given by the platform.")


@strawberry.type(description="Coins with one origin.")
class Lot:
    """As of the request."""

    id: strawberry.ID = strawberry.field(description="Identifies the lot.")
    # The SDL's own name: `class` is not one that Python takes.
    class_: LotClass = strawberry.field(name="class", description="Where the coins came from.")
    coins: Coins = strawberry.field(description="Coins that it began with.")
    remaining: Coins = strawberry.field(description="Coins of it that are not spent yet.")
    acquired_at: datetime = strawberry.field(description="When the coins came in.")
    expires_at: datetime | None = strawberry.field(
        description="From then on what remains is gone; null: never."
    )

    @classmethod
    def of(cls, lot: OpenLot) -> Self:
        """Show a lot."""
        return cls(
            id=strawberry.ID(str(lot.lot.lot_id)),
            class_=LotClass(lot.lot.lot_class),
            coins=Coins(lot.coins),
            remaining=Coins(lot.remaining_coins),
            acquired_at=lot.acquired_at,
            expires_at=lot.lot.expires_at,
        )


@strawberry.type(description="A page of lots.")
class LotConnection(Connection[Lot]):
    """In the order in which they will be spent."""


@strawberry.type(description="Coins that a user holds.")
class Balance:
    """Read in one statement, so that its parts agree."""

    holding: strawberry.Private[Holding]
    coins: Coins = strawberry.field(description="Coins that can be spent now.")
    debt_coins: Coins = strawberry.field(
        description="Coins owed after a purchase was taken back; 0 for nearly everyone."
    )

    @classmethod
    def of(cls, holding: Holding) -> Self:
        """Show what a user holds."""
        return cls(
            holding=holding,
            coins=Coins(max(holding.coins - holding.debt_coins, 0)),
            debt_coins=Coins(holding.debt_coins),
        )

    @strawberry.field(description="Open lots, in the order in which they will be spent.")
    def lots(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> LotConnection:
        """A wallet has few open lots: they are read whole, and the page is cut here.

        A cursor holds the lot's place in the order of spending and not the lot: it is good for
        reading on when that lot has been spent or others have joined before it.
        """
        page = Page.of(tuple[Instant, int, int], first=first, after=after, last=last, before=before)
        lots = self.holding.lots
        if (place := page.position) is not None:
            lots = [
                lot for lot in lots if (lot.place < place if page.backward else lot.place > place)
            ]
        ahead = lots[::-1] if page.backward else lots
        return LotConnection.of(
            page, ahead[: page.limit + 1], node=Lot.of, key=lambda lot: lot.place
        )
