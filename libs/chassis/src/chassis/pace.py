"""Rest between batches, so that load makes them larger rather than more."""

import asyncio

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

    def __init__(self) -> None:
        self._began_at = 0.0
        self._rested_at = 0.0

    async def rested(self) -> None:
        """Wait until the next batch may begin."""
        now = _now()
        if now < self._rested_at:
            await asyncio.sleep(self._rested_at - now)

    def begins(self) -> None:
        """A batch begins."""
        self._began_at = _now()

    def ends(self) -> None:
        """A batch has ended."""
        now = _now()
        self._rested_at = now + min(REST_SHARE * (now - self._began_at), REST_MAX_S)


def _now() -> float:
    return asyncio.get_running_loop().time()
