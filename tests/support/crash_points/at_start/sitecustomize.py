"""Ends, or freezes, a process of ours at a named step, once a test has asked for it.

Python imports `sitecustomize` at every start, so a test puts this folder on PYTHONPATH and product
code stays as it is. A step is armed by a file in the folder that CRASH_POINTS names, called like
the process, e.g. `wallet-worker`, that holds the step and the signal: `after_apply SIGKILL`. When
the process gets there, the file is renamed to `wallet-worker.reached` and the signal is sent.

The steps, in the order in which a record and what it causes meet them:

    before_fetch   the consumer is about to ask the broker for records
    after_decode   records were decoded; nothing is written
    before_apply   the fence has moved, inside the transaction
    after_apply    the handler has written its effects, inside the transaction
    after_outbox   the answers are in the outbox, inside the transaction
    after_commit   the transaction is durable; nobody has been told
    before_send    the relay has read the outbox; nothing is published
    after_send     the broker has acknowledged; the cursor has not moved
    before_write   an api has taken a group of requests; nothing is written

A request meets after_outbox and after_commit too.
"""

import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any

_SERVICES = {"wallet", "gifts", "payouts"}


def _process() -> str | None:
    """The name of this process, from `python -m wallet worker`."""
    match sys.orig_argv[1:]:
        case ["-m", service, ("api" | "worker") as kind, *_] if service in _SERVICES:
            return f"{service}-{kind}"
    return None


def _install(armed: Path) -> None:
    # Before whoever imports names from them: what is bound then is what was wrapped here.
    from chassis import db

    wrote: ContextVar[bool] = ContextVar("wrote", default=False)

    def reach(step: str) -> None:
        try:
            wanted, name = armed.read_text().split()
        except FileNotFoundError:
            return
        if wanted == step:
            armed.replace(armed.with_suffix(".reached"))
            os.kill(os.getpid(), signal.Signals[name])

    def wrap(
        owner: Any,
        name: str,
        *,
        before: str | None = None,
        after: Callable[[Any, tuple[Any, ...]], str | None] = lambda _result, _arguments: None,
    ) -> None:
        original = getattr(owner, name)

        @wraps(original)
        async def stepped(*arguments: Any, **named: Any) -> Any:
            if before is not None:
                reach(before)
            result = await original(*arguments, **named)
            if (step := after(result, arguments)) is not None:
                reach(step)
            return result

        setattr(owner, name, stepped)

    transaction = db.transaction

    @asynccontextmanager
    async def stepped_transaction(pool: Any) -> AsyncGenerator[Any]:
        wrote.set(False)
        async with transaction(pool) as conn:
            yield conn
        if wrote.get():
            reach("after_commit")

    db.transaction = stepped_transaction

    from chassis import batch, batcher, dead_letters, kafka, outbox
    from chassis.consuming import applying

    def appended(_result: Any, arguments: tuple[Any, ...]) -> str | None:
        if not any(events.records for events in arguments[1].values()):
            return None
        wrote.set(True)
        return "after_outbox"

    wrap(outbox, "append", after=appended)
    wrap(dead_letters, "bury", before="after_apply")
    wrap(applying, "move_fence", after=lambda _result, _arguments: "before_apply")
    wrap(kafka.Reader, "fetch", before="before_fetch")
    wrap(
        kafka.Writer,
        "publish",
        before="before_send",
        after=lambda _result, _arguments: "after_send",
    )
    wrap(batcher.Batcher, "_write_group", before="before_write")

    read = batch.EventReader.read

    @wraps(read)
    def stepped_read(*arguments: Any) -> Any:
        result = read(*arguments)
        if result[0]:
            reach("after_decode")
        return result

    setattr(batch.EventReader, "read", stepped_read)  # noqa: B010 - another signature


if (_name := _process()) is not None and (_folder := os.environ.get("CRASH_POINTS")) is not None:
    _install(Path(_folder) / _name)
