"""How the processes beside the services begin: the page's server, sandboxes, the trace store."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Literal, Protocol

from pydantic import ValidationError

from chassis import serve
from chassis.telemetry import logs


class ProcessSettings(Protocol):
    """What every one of them is told."""

    @property
    def log_format(self) -> Literal["json", "console"]:
        """How it logs."""
        ...


def serve_process[S: ProcessSettings](
    settings: type[S],
    run: Callable[[S, asyncio.Event], Coroutine[Any, Any, None]],
    *,
    name: str,
    role: str,
) -> int:
    """Run a process until SIGTERM; its exit status.

    Args:
        settings: Read from the environment: each field that is wrong is told by its variable.
        run: Serves until the event is set.
        name: The process, such as `sandbox-bank`: its variables begin with SANDBOX_BANK_.
        role: As logs tell it.
    """
    try:
        known = settings()
    except ValidationError as error:
        for fault in error.errors():
            words = (name.replace("-", "_"), *map(str, fault["loc"]))
            print(
                f"{name.replace('-', ' ')}: set {'_'.join(words).upper()}: {fault['msg']}",
                file=sys.stderr,
            )
        return serve.EXIT_MISCONFIGURED
    logs.configure(name, role, known.log_format)
    return serve.run(partial(run, known))
