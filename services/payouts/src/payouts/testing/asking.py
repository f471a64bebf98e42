"""Documents as viewers send them to payouts, for tests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chassis.auth import Viewer
from chassis.db import Pool
from chassis.graphql import Executor, Operation
from payouts.commands.known_rates import KnownRates
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.testing.paying import LINKS, SEALER

_EXECUTOR: Final = Executor(SCHEMA)


async def answer_to(
    pool: Pool, viewer: Viewer | None, document: str, variables: Mapping[str, object], at: datetime
) -> dict[str, object]:
    """The whole response.

    Args:
        pool: Of the test's database.
        viewer: Who asks; None: somebody without a token.
        document: What is asked.
        variables: Of the document.
        at: What time it is.
    """
    context = PayoutsContext.of(
        viewer,
        "request-1",
        pool=pool,
        rates=KnownRates(),
        sealer=SEALER,
        links=LINKS,
        now=lambda: at,
    )
    return await _EXECUTOR.run(Operation(document, variables), context)
