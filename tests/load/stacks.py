"""Stacks to be measured: private ones that keep every promise of durability."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Literal

from local_stack import checking, programs
from local_stack.stack import Stack, private_stack

TRACE_SAMPLE_RATIO = 0.001

SETTINGS: Mapping[str, str] = {
    **{
        f"{service}_TRACE_SAMPLE_RATIO": str(TRACE_SAMPLE_RATIO)
        for service in ("WALLET", "GIFTS", "PAYOUTS", "GATEWAY")
    },
    # Many callers behind one address, and each far busier than a person.
    "GATEWAY_RATE_LIMIT_REQUESTS": "0",
}
"""What differs from the stack of `make run`; noted with each figure."""


@contextmanager
def measured_stack(*names: str) -> Generator[Stack]:
    """A stack whose PostgreSQL and Kafka lose nothing, with the processes of these names started.

    Without names, all of them.
    """
    with private_stack(durable=True, settings=SETTINGS, say=say) as stack:
        stack.start(*names)
        yield stack


def pids(stack: Stack) -> dict[str, int]:
    """The ids of the processes of the stack as they run now, by name."""
    return {name: stack.pid(name) for name in stack.running()}


def python_pids(stack: Stack) -> dict[str, int]:
    """Those of our own processes that run Python."""
    servers = {*programs.SERVERS, "gateway"}
    return {name: pid for name, pid in pids(stack).items() if name not in servers}


def verdict(stack: Stack) -> Literal["clean", "breach"]:
    """What the invariant checker says of the stack's books; prints its table."""
    say("checking the books")
    return "clean" if checking.check(stack.home, stack.addresses) == 0 else "breach"


def say(line: str) -> None:
    """Tell who watches how far it has come."""
    print(line, file=sys.stderr, flush=True)


async def until(
    condition: Callable[[], Awaitable[bool]], what: str, *, every_s: float = 0.1
) -> None:
    """Ask `condition` again and again until it holds, for a minute at most."""
    deadline = time.monotonic() + 60
    while not await condition():
        assert time.monotonic() < deadline, f"not within a minute: {what}"
        await asyncio.sleep(every_s)
