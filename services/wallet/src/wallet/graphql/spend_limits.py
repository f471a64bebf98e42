"""Spend limits, as their owners and guardians see and set them."""

from datetime import datetime
from typing import Self

import strawberry

from chassis.graphql import Coins
from wallet.domain.limits import (
    Pending,
    Terms,
)

DAY = "Coins that may be spent in any 24 hours; null: as many as one likes."
WEEK = "Coins that may be spent in any 7 days; null: as many as one likes."
CREATOR = "Coins that may be spent on one creator in any 24 hours; null: as many as one likes."


@strawberry.type(description="How much a user lets themselves spend.")
class SpendLimits:
    """The windows roll: they end now and have no calendar."""

    day_coins: Coins | None = strawberry.field(description=DAY)
    week_coins: Coins | None = strawberry.field(description=WEEK)
    per_creator_day_coins: Coins | None = strawberry.field(description=CREATOR)

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """Show limits."""
        return cls(
            day_coins=_coins(terms.day_coins),
            week_coins=_coins(terms.week_coins),
            per_creator_day_coins=_coins(terms.creator_day_coins),
        )


@strawberry.type(description="Limits that will hold later, since some of them are higher.")
class PendingSpendLimits:
    """Asking for lower ones replaces them."""

    effective_at: datetime = strawberry.field(description="From when on they hold.")
    day_coins: Coins | None = strawberry.field(description=DAY)
    week_coins: Coins | None = strawberry.field(description=WEEK)
    per_creator_day_coins: Coins | None = strawberry.field(description=CREATOR)

    @classmethod
    def of(cls, pending: Pending) -> Self:
        """Show what waits."""
        terms = pending.terms
        return cls(
            effective_at=pending.effective_at,
            day_coins=_coins(terms.day_coins),
            week_coins=_coins(terms.week_coins),
            per_creator_day_coins=_coins(terms.creator_day_coins),
        )


def _coins(limit: int | None) -> Coins | None:
    return None if limit is None else Coins(limit)
