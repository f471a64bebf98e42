"""Rest between batches, so that load makes them larger rather than more."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

REST_MAX_S = 0.040
"""A longer one would be noticed, and batches are large by then."""
REST_SHARE = 4.0
"""A transaction costs about the same for one record as for a hundred, so who works a fifth of the
time and rests otherwise gets more done on busy processors."""


class Pace:
    """Lets one batch follow another after a rest in proportion to how long the first one took.

    That is long where processors or disks are busy and short where they are not. Work that finds
    its worker rested begins at once.
    """

    def __init__(self, *, rest_max_s: float = REST_MAX_S) -> None:
        """`rest_max_s`: more where nobody waits at a screen, so that batches become larger."""
        self._rest_max_s = rest_max_s
        self._rested_at = 0.0

    async def rested(self) -> None:
        """Wait until the next batch may begin."""
        now = _now()
        if now < self._rested_at:
            await asyncio.sleep(self._rested_at - now)

    @contextmanager
    def working(self) -> Generator[None]:
        """Around a batch, however it ends."""
        began_at = _now()
        try:
            yield
        finally:
            now = _now()
            self._rested_at = now + min(REST_SHARE * (now - began_at), self._rest_max_s)


def _now() -> float:
    return asyncio.get_running_loop().time()
