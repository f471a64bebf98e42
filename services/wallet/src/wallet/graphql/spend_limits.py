"""Spend limits, as their owners and guardians see and set them."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from chassis.auth import Viewer
from chassis.db import transact
from chassis.graphql import Coins, ForbiddenError, Refusal, refusal, require_viewer
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.domain.limits import (
    GuardianRequiredError,
    InvalidLimitError,
    Limits,
    Pending,
    Terms,
)
from wallet.graphql.context import WalletContext

_DAY = "Coins that may be spent in any 24 hours; null: as many as one likes."
_WEEK = "Coins that may be spent in any 7 days; null: as many as one likes."
_CREATOR = "Coins that may be spent on one creator in any 24 hours; null: as many as one likes."


@strawberry.input(description="The limits wanted, all three of them.")
class SetSpendLimitsInput:
    """Not a change of some: what is left out is no limit, so that a retry says the same."""

    day_coins: Coins | None = strawberry.field(default=None, description=_DAY)
    week_coins: Coins | None = strawberry.field(default=None, description=_WEEK)
    per_creator_day_coins: Coins | None = strawberry.field(default=None, description=_CREATOR)
    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose limits, for their guardian; by default the caller's."
    )


@strawberry.type(description="How much a user lets themselves spend.")
class SpendLimits:
    """The windows roll: they end now and have no calendar."""

    day_coins: Coins | None = strawberry.field(description=_DAY)
    week_coins: Coins | None = strawberry.field(description=_WEEK)
    per_creator_day_coins: Coins | None = strawberry.field(description=_CREATOR)

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
    day_coins: Coins | None = strawberry.field(description=_DAY)
    week_coins: Coins | None = strawberry.field(description=_WEEK)
    per_creator_day_coins: Coins | None = strawberry.field(description=_CREATOR)

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


@strawberry.type(description="A user's limits as they are now.")
class SetSpendLimitsPayload:
    """What was lowered holds already."""

    limits: SpendLimits = strawberry.field(description="What holds now.")
    pending: PendingSpendLimits | None = strawberry.field(
        description="What will hold after the cooling-off; null: nothing else."
    )

    @classmethod
    def of(cls, limits: Limits, at: datetime) -> Self:
        """Show limits as of a moment."""
        waiting = limits.waiting(at)
        return cls(
            limits=SpendLimits.of(limits.in_force(at)),
            pending=None if waiting is None else PendingSpendLimits.of(waiting),
        )


@refusal(
    code="invalid_limit",
    description="A limit is at least one coin. To spend nothing, send nothing.",
)
class InvalidLimit(Refusal):
    """Zero or less."""


@refusal(
    code="guardian_required",
    description="The caller's account is supervised: its limits may be lowered by the caller and "
    "raised by a guardian only.",
)
class GuardianRequired(Refusal):
    """Nothing was lowered either."""


SetSpendLimitsResult = Annotated[
    SetSpendLimitsPayload | InvalidLimit | GuardianRequired,
    strawberry.union("SetSpendLimitsResult", description="What came of setting limits."),
]


async def set_limits(context: WalletContext, wanted: SetSpendLimitsInput) -> SetSpendLimitsResult:
    """Set the caller's limits, or those of a ward of theirs.

    Raises:
        ForbiddenError: Of somebody whose guardian the caller is not.
    """
    viewer = require_viewer(context)
    owner_id = _owner(viewer, wanted)
    asked = LimitsChange(
        owner_id=owner_id,
        by=viewer.sub,
        is_supervised=viewer.supervised and owner_id == viewer.sub,
        wanted=Terms(
            day_coins=wanted.day_coins,
            week_coins=wanted.week_coins,
            creator_day_coins=wanted.per_creator_day_coins,
        ),
    )
    at = context.now()
    try:
        limits = await transact(context.pool, lambda conn: set_spend_limits(conn, asked, at=at))
    except InvalidLimitError:
        return InvalidLimit(message="A limit is at least one coin.")
    except GuardianRequiredError:
        return GuardianRequired(message="Only your guardian may raise your limits.")
    return SetSpendLimitsPayload.of(limits, at)


def _owner(viewer: Viewer, wanted: SetSpendLimitsInput) -> str:
    if wanted.user_id is None or wanted.user_id == viewer.sub:
        return viewer.sub
    if wanted.user_id not in viewer.wards:
        raise ForbiddenError
    return wanted.user_id
