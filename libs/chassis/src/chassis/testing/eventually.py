"""Waiting for a condition, with a deadline, instead of sleeping and hoping."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually[T](
    probe: Callable[[], Awaitable[T]],
    *,
    within_s: float = 30,
    every_s: float = 0.02,
    until: Callable[[T], bool] = bool,
) -> T:
    """Ask `probe` until `until` holds of its answer, and return that.

    Raises:
        TimeoutError: It did not hold in time; the message has the last answer.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not until(answer := await probe()):
        if loop.time() > deadline:
            raise TimeoutError(f"not so within {within_s} s; the last answer was {answer!r}")
        await asyncio.sleep(every_s)
    return answer
