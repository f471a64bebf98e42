"""Gifts that flow at a fixed rate while something else is measured."""

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

_WARM_UP_S = 2.0


class Flow:
    """The gifts of one run."""

    def __init__(self, results: Path) -> None:
        self._results = results

    def fed(self) -> Fed:
        """What came of it, once the block of `flowing` has been left."""
        return self._fed

    def read(self) -> None:
        """Read what the injector has written."""
        self._fed = msgspec.json.decode(self._results.read_bytes(), type=Fed)


@asynccontextmanager
async def flowing(
    stack: Stack, giving: Giving, *, rate: float, seconds: float, group_size: int = 20
) -> AsyncGenerator[Flow]:
    """Gifts flow within the block, and all have arrived when it is left.

    Args:
        stack: Where.
        giving: Who gives to whom.
        rate: Gifts per second.
        seconds: For how long, from the block's begin; the block may end earlier or later.
        group_size: Gifts that are written together.
    """
    with TemporaryDirectory(prefix="largesse-bench-") as folder:
        results = Path(folder) / "fed.json"
        feed = Feed(
            gifts_dsn=stack.addresses.database_dsn(stack.home, "gifts"),
            payouts_dsn=stack.addresses.database_dsn(stack.home, "payouts"),
            giving=giving,
            group_size=group_size,
            backlog_max=6_000,
            warm_up_s=_WARM_UP_S,
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
        flow = Flow(results)
        try:
            assert injector.stdin is not None
            assert injector.stdout is not None
            injector.stdin.write(msgspec.json.encode(feed))
            injector.stdin.close()
            begun = await injector.stdout.readline()
            assert begun == b"begin\n", "the injector ended early: see its error above"
            yield flow
        finally:
            await injector.wait()
        flow.read()
