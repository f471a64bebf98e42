"""Gifts that flow while something is measured, from a process of their own."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from giving import Giving
from injector import Fed, Feed

from local_stack.stack import Stack


class Flow:
    """The gifts of one run."""

    def __init__(self, injector: asyncio.subprocess.Process, results: Path) -> None:
        self._injector = injector
        self._results = results
        self.pid = injector.pid
        """Of the process that sends them."""

    async def reach(self, mark: str) -> None:
        """Wait until gifts `begin` to count, or until the time that counts comes to its `end`."""
        assert self._injector.stdout is not None
        line = await self._injector.stdout.readline()
        assert line.decode().strip() == mark, "the injector ended early: see its error above"

    def fed(self) -> Fed:
        """What came of it, once the block of `flowing` has been left."""
        return self._fed

    def read(self) -> None:
        """Read what the injector has written."""
        self._fed = msgspec.json.decode(self._results.read_bytes(), type=Fed)


@asynccontextmanager
async def flowing(
    stack: Stack,
    giving: Giving,
    *,
    seconds: float,
    rate: float | None = None,
    group_size: int = 20,
    backlog_max: int = 6_000,
    warm_up_s: float = 2.0,
) -> AsyncGenerator[Flow]:
    """Gifts flow within the block, and all have arrived when it is left.

    Args:
        stack: Where.
        giving: Who gives to whom.
        seconds: For how long, from the block's begin; the block may end earlier or later.
        rate: Gifts per second; None: as many as the pipeline carries.
        group_size: Gifts that are written together.
        backlog_max: Gifts that may be under way.
        warm_up_s: How long they flow before the block begins.
    """
    with TemporaryDirectory(prefix="largesse-bench-") as folder:
        results = Path(folder) / "fed.json"
        feed = Feed(
            gifts_dsn=stack.addresses.database_dsn(stack.home, "gifts"),
            payouts_dsn=stack.addresses.database_dsn(stack.home, "payouts"),
            giving=giving,
            group_size=group_size,
            backlog_max=backlog_max,
            warm_up_s=warm_up_s,
            seconds=seconds,
            result_file=str(results),
            rate=rate,
        )
        injector = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("injector.py")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        flow = Flow(injector, results)
        try:
            assert injector.stdin is not None
            injector.stdin.write(msgspec.json.encode(feed))
            injector.stdin.close()
            await flow.reach("begin")
            yield flow
        finally:
            await injector.wait()
        flow.read()
