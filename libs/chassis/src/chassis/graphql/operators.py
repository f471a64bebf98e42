"""The log of what operators did, as auditors see it: one list per service, of one type."""

from datetime import datetime
from typing import Final, Self

import strawberry

from chassis import operators
from chassis.db import Pool
from chassis.graphql.connection import Connection, Page
from chassis.graphql.context import Context
from chassis.graphql.errors import BadUserInputError
from chassis.graphql.guards import require_viewer
from chassis.graphql.refusals import Refusal, refusal
from chassis.operators import Act, ReasonError

AUDITOR: Final = "operator:audit"
"""The scope that reads the log, and writes nothing."""


@strawberry.federation.type(
    shareable=True, description="Something that an operator did. Never changed, never deleted."
)
class OperatorAction:
    """Written together with its effect: what was refused is not in the log.

    Where it takes two, the first one's part is there too, with `proposed` among its details.
    """

    id: strawberry.ID = strawberry.field(description="Its place in the service's log.")
    operator_id: strawberry.ID = strawberry.field(description="Who did it.")
    action: str = strawberry.field(description="What was done: the mutation's name.")
    subject: str = strawberry.field(description="What it was done to.")
    reason: str = strawberry.field(description="Why, in the operator's words.")
    details: str = strawberry.field(description="What else there is to know: a JSON object.")
    acted_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, action: operators.Action) -> Self:
        """Show an entry of the log."""
        return cls(
            id=strawberry.ID(str(action.action_id)),
            operator_id=strawberry.ID(action.operator_id),
            action=action.action,
            subject=action.subject,
            reason=action.reason,
            details=action.details,
            acted_at=action.acted_at,
        )


@strawberry.federation.type(
    shareable=True, description="A page of a service's log of what operators did, newest first."
)
class OperatorActionConnection(Connection[OperatorAction]):
    """Each service has a log of its own."""


@refusal(
    code="approval_needed",
    description="One operator may not do this alone. It is noted as proposed, and done when "
    "another operator sends the same request.",
    shareable=True,
)
class ApprovalNeeded(Refusal):
    """Sending it again oneself changes nothing."""

    message: str = strawberry.field(
        default="Noted. It is done when a second operator sends the same request.",
        description="For people, in English; may change.",
    )


def act_of(context: Context, reason: str, at: datetime) -> Act:
    """What the caller does now, with the reason that they give.

    Raises:
        UnauthenticatedError: Nobody is signed in.
        BadUserInputError: The reason is none that an auditor could read.
    """
    try:
        return Act.of(require_viewer(context).sub, reason, at)
    except ReasonError as error:
        raise BadUserInputError(f"{error}.") from error


async def read_actions(
    pool: Pool, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> OperatorActionConnection:
    """A page of the service's log."""
    page = Page[tuple[int]].of(tuple[int], first=first, after=after, last=last, before=before)
    async with pool.acquire() as conn:
        rows = await operators.select_actions(
            conn,
            beyond=page.position[0] if page.position else None,
            limit=page.limit + 1,
            backward=page.backward,
        )
    return OperatorActionConnection.of(
        page, rows, node=OperatorAction.of, key=lambda action: (action.action_id,)
    )
