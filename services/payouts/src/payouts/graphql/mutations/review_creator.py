"""Put a finding about a creator on record: the sandbox reviewer."""

import enum
from typing import Annotated

import strawberry

from chassis.db import transact
from chassis.graphql import BadUserInputError, act_of
from chassis.ids import is_user_id
from payouts.commands import review_creator as command
from payouts.domain.review import Decision, Review
from payouts.graphql.context import Info
from payouts.graphql.creator import Creator


@strawberry.enum(description="What a reviewer found.")
class ReviewDecision(enum.Enum):
    """The newest on identity and the newest on sanctions count."""

    IDENTITY_VERIFIED = strawberry.enum_value(
        "IDENTITY_VERIFIED", description="The creator is who they say; payouts may be requested."
    )
    IDENTITY_REJECTED = strawberry.enum_value(
        "IDENTITY_REJECTED", description="They are not: payouts are refused, waiting ones held."
    )
    SANCTION_HIT = strawberry.enum_value(
        "SANCTION_HIT", description="On a sanctions list: payouts are held, diamonds reserved."
    )
    SANCTION_CLEARED = strawberry.enum_value(
        "SANCTION_CLEARED", description="It was somebody else, or is over. Releases nothing."
    )


@strawberry.input(description="A finding.")
class ReviewCreatorInput:
    """Who found it stands in the token."""

    creator_id: strawberry.ID = strawberry.field(description="About whom.")
    decision: ReviewDecision = strawberry.field(description="What was found.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The finding is on record, and in force.")
class ReviewCreatorPayload:
    """Findings are never refused."""

    creator: Creator = strawberry.field(description="The creator.")
    held_payouts: int = strawberry.field(description="Waiting payouts that it has stopped.")


async def review_creator(
    info: Info,
    input: Annotated[ReviewCreatorInput, strawberry.argument(description="The finding.")],  # noqa: A002
) -> ReviewCreatorPayload:
    """Two findings of the same kind: the newer counts, both stay."""
    context = info.context
    act = act_of(context, input.reason, context.now())
    if not is_user_id(input.creator_id):
        raise BadUserInputError("creatorId is not the id of a user.")
    review = Review(
        creator_id=input.creator_id,
        decision=Decision(input.decision.value),
        reason=act.reason,
        reviewed_by=act.operator_id,
        reviewed_at=act.at,
    )
    reviewed = await transact(context.pool, lambda conn: command.review_creator(conn, review))
    return ReviewCreatorPayload(creator=Creator(id=input.creator_id), held_payouts=reviewed.held)
