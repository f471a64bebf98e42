"""Limit what the caller, or a ward of theirs, may spend."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from chassis.auth import Viewer
from chassis.db import transact
from chassis.graphql import Coins, ForbiddenError, Refusal, refusal, require_viewer
from wallet.commands import set_spend_limits as command
from wallet.domain.limits import GuardianRequiredError, InvalidLimitError, Limits, Terms
from wallet.graphql.context import Info, WalletContext
from wallet.graphql.mutations.refusing import counted
from wallet.graphql.spend_limits import CREATOR, DAY, WEEK, PendingSpendLimits, SpendLimits


@strawberry.input(description="The limits wanted, all three of them.")
class SetSpendLimitsInput:
    """Not a change of some: what is left out is no limit, so that a retry says the same."""

    day_coins: Coins | None = strawberry.field(default=None, description=DAY)
    week_coins: Coins | None = strawberry.field(default=None, description=WEEK)
    per_creator_day_coins: Coins | None = strawberry.field(default=None, description=CREATOR)
    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose limits, for their guardian; by default the caller's."
    )


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


async def set_spend_limits(
    info: Info,
    input: Annotated[SetSpendLimitsInput, strawberry.argument(description="The limits wanted.")],  # noqa: A002
) -> SetSpendLimitsResult:
    """Whose limits they are is checked before anything is read."""
    return counted("setSpendLimits", await _set_limits(info.context, input))


async def _set_limits(context: WalletContext, wanted: SetSpendLimitsInput) -> SetSpendLimitsResult:
    viewer = require_viewer(context)
    owner_id = _owner(viewer, wanted)
    asked = command.LimitsChange(
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
        limits = await transact(
            context.pool, lambda conn: command.set_spend_limits(conn, asked, at=at)
        )
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
