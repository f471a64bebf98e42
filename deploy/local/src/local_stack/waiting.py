"""What a front end does until something has come about."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from local_stack.problem import LocalProblemError

_WAIT_S: Final = 60.0


def expect(answer: Mapping[str, Any], typename: str) -> None:
    """Make sure that a mutation did what it was asked to.

    Raises:
        LocalProblemError: It was refused.
    """
    if answer["__typename"] != typename:
        raise LocalProblemError(f"refused where nothing stands against it: {answer}")


def agree(what: str, told: object, known: object) -> None:
    """Make sure that something is what it has to be.

    Raises:
        LocalProblemError: It is something else.
    """
    if told != known:
        raise LocalProblemError(f"{what}: {told} where it has to be {known}")


async def wait(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Look until it is so.

    Raises:
        LocalProblemError: It is not so in time.
    """
    deadline = time.monotonic() + _WAIT_S
    while not await condition():
        if time.monotonic() > deadline:
            raise LocalProblemError(
                f"{what}: not so after {_WAIT_S:.0f} s; see the logs in .local/log"
            )
        await asyncio.sleep(0.1)
