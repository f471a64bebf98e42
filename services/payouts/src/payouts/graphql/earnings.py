"""What a creator has earned, as the creator sees it."""

import datetime
from typing import Self

import strawberry

from chassis.graphql import (
    After,
    Before,
    BigInt,
    Connection,
    Currency,
    First,
    Last,
    MicroDiamonds,
    Money,
    Page,
)
from payouts.domain import earnings as domain
from payouts.domain.rates import RateBook
from payouts.graphql.context import Info, LoadedEarnings
from payouts.store.earnings import select_maturing, select_maturing_backward


@strawberry.type(description="An amount of diamonds, and what it is worth in money.")
class DiamondAmount:
    """Diamonds are kept in millionths, so that no split loses anything."""

    micro_diamonds: MicroDiamonds = strawberry.field(
        description="Millionths of a diamond: 1000000 is one diamond."
    )
    worth: Money = strawberry.field(
        description="In money, at the rates at which it was earned; rounded down, once, to a whole "
        "minor unit. The fraction is not lost: it stays in the diamonds."
    )

    @classmethod
    def of(cls, amount: domain.DiamondAmount, book: RateBook) -> Self:
        """Show an amount at the worth that `book` gives its parts."""
        worth = amount.worth(book)
        return cls(
            micro_diamonds=MicroDiamonds(amount.micro_diamonds),
            worth=Money(amount_minor=BigInt(worth.amount_minor), currency=Currency(worth.currency)),
        )


@strawberry.type(description="Diamonds that become available on one day.")
class Maturing:
    """All gifts of the past whose payments are safe from that day on."""

    matures_on: datetime.date = strawberry.field(
        description="From the start of this day, in UTC, nobody can take back the payments behind "
        "these diamonds."
    )
    micro_diamonds: MicroDiamonds = strawberry.field(description="Millionths of a diamond.")

    @classmethod
    def of(cls, maturing: domain.Maturing) -> Self:
        """Show one day of the schedule."""
        return cls(
            matures_on=maturing.matures_on, micro_diamonds=MicroDiamonds(maturing.micro_diamonds)
        )


@strawberry.type(description="A page of the schedule by which diamonds mature.")
class MaturingConnection(Connection[Maturing]):
    """Days in order, soonest first."""


@strawberry.type(
    description="What a creator has earned, as of today in UTC. Pending, available, reserved, held "
    "and paidOut add up to lifetime."
)
class Earnings:
    """Sums of one day, read together."""

    creator_id: strawberry.Private[str]
    day: strawberry.Private[datetime.date]
    pending: DiamondAmount = strawberry.field(
        description="Not mature: the payments behind it can still be refunded or disputed."
    )
    available: DiamondAmount = strawberry.field(
        description="Mature, and free for a payout: no payment behind it can be taken back."
    )
    reserved: DiamondAmount = strawberry.field(
        description="On its way: held by payouts that have neither been paid nor ended otherwise."
    )
    paid_out: DiamondAmount = strawberry.field(description="Paid, and not returned by the bank.")
    held: DiamondAmount = strawberry.field(
        description="Of gifts that the creator froze: in none of the others until it is decided "
        "what becomes of them."
    )
    lifetime: DiamondAmount = strawberry.field(
        description="All that was ever earned, without what was taken back."
    )

    @classmethod
    def of(cls, creator_id: str, loaded: LoadedEarnings) -> Self:
        """Show what was loaded for a creator."""
        earnings, day, book = loaded
        return cls(
            creator_id=creator_id,
            day=day,
            pending=DiamondAmount.of(earnings.pending, book),
            available=DiamondAmount.of(earnings.available, book),
            reserved=DiamondAmount.of(earnings.reserved, book),
            paid_out=DiamondAmount.of(earnings.paid_out, book),
            held=DiamondAmount.of(earnings.held, book),
            lifetime=DiamondAmount.of(earnings.lifetime, book),
        )

    @strawberry.field(description="When what is pending matures: one item per day, soonest first.")
    async def maturing(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> MaturingConnection:
        """Days after today only: what matured earlier is available."""
        page = Page.of(tuple[datetime.date], first=first, after=after, last=last, before=before)
        position = page.position[0] if page.position else None
        async with info.context.pool.acquire() as conn:
            if page.backward:
                rows = await select_maturing_backward(
                    conn, self.creator_id, after=self.day, before=position, limit=page.limit + 1
                )
            else:
                # A cursor from an earlier day may point before today.
                rows = await select_maturing(
                    conn,
                    self.creator_id,
                    after=max(position or self.day, self.day),
                    limit=page.limit + 1,
                )
        return MaturingConnection.of(
            page, rows, node=Maturing.of, key=lambda day: (day.matures_on,)
        )
