"""Freeze a gift."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import telemetry
from chassis.graphql import BadUserInputError, IdempotencyConflict, require_viewer
from chassis.telemetry import current_traceparent
from payouts.commands import quarantine_gift as command
from payouts.domain.quarantine import NoteError, QuarantineOrder, check_note
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.quarantine import Gift
from payouts.graphql.quarantine_refusals import (
    QuarantineDecided,
    QuarantineOver,
    ReceivedGiftUnknown,
)


@strawberry.input(description="The gift to freeze.")
class QuarantineGiftInput:
    """The caller has received it."""

    quarantine_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    gift_id: UUID = strawberry.field(description="The gift.")
    note: str | None = strawberry.field(
        default=None, description="What is wrong with it, for operators: up to 500 characters."
    )


@strawberry.type(description="The gift is frozen; an operator decides what becomes of it.")
class QuarantineGiftPayload:
    """The first result, or the gift as it is now."""

    replayed: bool = strawberry.field(
        description="Whether it was frozen before: the request was a retry."
    )
    gift: Gift = strawberry.field(description="The gift.")


QuarantineGiftResult = Annotated[
    QuarantineGiftPayload
    | ReceivedGiftUnknown
    | QuarantineOver
    | QuarantineDecided
    | IdempotencyConflict,
    strawberry.union("QuarantineGiftResult", description="The gift, or why it is not frozen."),
]


async def quarantine_gift(
    info: Info,
    input: Annotated[QuarantineGiftInput, strawberry.argument(description="The gift.")],  # noqa: A002
) -> QuarantineGiftResult:
    """By its creator alone, whom it costs nothing."""
    telemetry.annotate({"largesse.gift_id": str(input.gift_id)})
    context = info.context
    viewer = require_viewer(context)
    try:
        note = check_note(input.note)
    except NoteError as error:
        raise BadUserInputError(f"{error}.") from error
    order = QuarantineOrder(input.quarantine_id, input.gift_id, viewer.sub, note)
    traceparent = current_traceparent()
    return await answered(
        context,
        "quarantineGift",
        lambda conn: command.quarantine_gift(
            conn, order, context.rates, at=context.now(), traceparent=traceparent
        ),
        lambda done: QuarantineGiftPayload(
            replayed=done.replayed, gift=Gift(id=done.quarantine.gift_id)
        ),
    )
