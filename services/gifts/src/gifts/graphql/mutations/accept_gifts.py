"""Switch receiving gifts on or off."""

from typing import Annotated

import strawberry

from chassis import clock
from chassis.auth import Viewer
from chassis.db import Conn, transact
from chassis.graphql import NotEligible, require_viewer
from chassis.telemetry import metrics
from gifts.commands import accept_gifts as command
from gifts.domain.eligibility import check_eligible
from gifts.domain.refusals import NotEligibleError
from gifts.graphql.context import Info
from gifts.graphql.entities import Creator
from gifts.graphql.refusals import NOT_ELIGIBLE_MESSAGE


@strawberry.input(description="What the creator decides.")
class AcceptGiftsInput:
    """For the caller alone."""

    accept: bool = strawberry.field(description="True to be sent gifts, false to be sent none.")


@strawberry.type(description="The decision counts.")
class AcceptGiftsPayload:
    """As it is now."""

    creator: Creator = strawberry.field(description="The caller, as a creator.")


AcceptGiftsResult = Annotated[
    AcceptGiftsPayload | NotEligible,
    strawberry.union("AcceptGiftsResult", description="What came of the decision."),
]


async def accept_gifts(
    info: Info,
    input: Annotated[AcceptGiftsInput, strawberry.argument(description="The decision.")],  # noqa: A002
) -> AcceptGiftsResult:
    """Opting in needs eligibility; anyone may opt out."""
    viewer = require_viewer(info.context)
    try:
        if input.accept:
            _check_eligible(viewer)
    except NotEligibleError as error:
        metrics.record_refusal("acceptGifts", error.code)
        return NotEligible(message=NOT_ELIGIBLE_MESSAGE)

    async def work(conn: Conn) -> None:
        await command.accept_gifts(conn, viewer.sub, accept=input.accept, at=clock.now())

    await transact(info.context.pool, work)
    return AcceptGiftsPayload(creator=Creator(id=strawberry.ID(viewer.sub)))


def _check_eligible(viewer: Viewer) -> None:
    check_eligible(age_verified=viewer.age_verified, account_kind=viewer.account_kind)
