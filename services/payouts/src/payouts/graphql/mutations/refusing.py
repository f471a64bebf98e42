"""What all mutations do with a refusal, and with a reason that somebody gives."""

from collections.abc import Awaitable, Callable
from typing import Any

from chassis.db import Conn, transact
from chassis.graphql import BadUserInputError
from chassis.telemetry import metrics
from payouts.domain.refusals import DomainError
from payouts.graphql.context import PayoutsContext
from payouts.graphql.refusals import shown

REASON_CHARS_MAX = 500


async def answered[T](
    context: PayoutsContext,
    mutation: str,
    work: Callable[[Conn], Awaitable[Any]],
    show: Callable[[Any], T],
) -> Any:  # noqa: ANN401 - the payload, or one of the mutation's refusals
    """Run a command in a transaction; its result as `show` makes it, or its refusal."""
    try:
        return show(await transact(context.pool, work))
    except DomainError as error:
        metrics.record_refusal(mutation, error.code)
        return shown(error)


def checked_reason(text: str) -> str:
    """A reason that will be on record for good.

    Raises:
        BadUserInputError: Empty, or longer than a reason is.
    """
    text = text.strip()
    if not text or len(text) > REASON_CHARS_MAX or "\x00" in text:
        raise BadUserInputError(f"A reason has 1 to {REASON_CHARS_MAX} characters.")
    return text
