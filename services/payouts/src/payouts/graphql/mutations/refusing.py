"""What all mutations do with a refusal."""

from collections.abc import Awaitable, Callable
from typing import Any

from chassis.db import Conn, transact
from chassis.graphql import ApprovalNeeded
from chassis.telemetry import metrics
from payouts.domain.refusals import DomainError
from payouts.graphql.context import PayoutsContext
from payouts.graphql.refusals import shown


async def answered[T](
    context: PayoutsContext,
    mutation: str,
    work: Callable[[Conn], Awaitable[Any]],
    show: Callable[[Any], T],
) -> Any:  # noqa: ANN401 - the payload, or one of the mutation's refusals
    """Run a command in a transaction; its result as `show` makes it, or its refusal.

    A command that answers None has noted what it was asked for: a second operator has to ask too.
    """
    try:
        done = await transact(context.pool, work)
    except DomainError as error:
        metrics.record_refusal(mutation, error.code)
        return shown(error)
    if done is None:
        waiting = ApprovalNeeded()
        metrics.record_refusal(mutation, waiting.code)
        return waiting
    return show(done)
