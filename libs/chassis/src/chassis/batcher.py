"""Group commit: requests that arrive while a write is in flight are written together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from chassis.pace import REST_MAX_S, Pace


class Batcher[Request, Result]:
    """Hands requests to `write` in groups, one group at a time, and gives each its own result.

    Alone a request waits for nobody. Under load the group grows to what arrived during the last
    write and the rest after it, so that the cost of a commit is shared by all of them.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Request]], Awaitable[Sequence[Result]]],
        *,
        size_max: int = 500,
        waiting_max: int = 5_000,
        rest_max_s: float = REST_MAX_S,
    ) -> None:
        """Args:
        write: Writes a group and returns a result for each, in order. An error of its own
            reaches every request of the group.
        size_max: The largest group.
        waiting_max: More requests than this in the queue are turned away.
        rest_max_s: The longest pause between two groups; see `Pace`.
        """
        self._write = write
        self._size_max = size_max
        self._waiting_max = waiting_max
        self._queue: list[tuple[Request, asyncio.Future[Result]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._pace = Pace(rest_max_s=rest_max_s)

    async def submit(self, request: Request) -> Result:
        """Write `request` with whatever else is waiting and return its result.

        Raises:
            OverloadedError: Too many requests wait already; nothing was written.
        """
        if len(self._queue) >= self._waiting_max:
            raise OverloadedError(f"{self._waiting_max} requests are waiting to be written")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((request, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._queue:
                if len(self._queue) < self._size_max:
                    await self._pace.rested()
                group, self._queue = self._queue[: self._size_max], self._queue[self._size_max :]
                with self._pace.working():
                    await self._write_group(group)
        finally:
            self._writer = None

    async def _write_group(self, group: list[tuple[Request, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([request for request, _ in group])
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)


class OverloadedError(Exception):
    """More requests wait than can be written soon; try again later."""
