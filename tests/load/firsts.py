"""Waiting for the first of something that begins from now on, among many that are under way."""

import asyncio


class Firsts:
    """Whoever waits, each since some time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, asyncio.Future[float]]] = []

    def since(self, begin: float) -> asyncio.Future[float]:
        """When the first ends of those that begin from then on, by the clock of `ended`."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((begin, future))
        return future

    def ended(self, begun: float, at: float) -> None:
        """One that began at `begun` ends."""
        for since, future in self._waiting:
            if begun >= since and not future.done():
                future.set_result(at)
        self._waiting = [each for each in self._waiting if not each[1].done()]
