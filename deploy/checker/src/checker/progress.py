"""Tells people that it is still at it."""

import sys
import time
from collections.abc import Callable

type Progress = Callable[[str], None]
"""Is told, often, what is going on."""

_TOLD_EVERY_S = 2.0


class Telling:
    """Tells it on standard error now and then; each process that gets a copy does so by itself."""

    def __init__(self) -> None:
        self._began_at = self._told_at = time.monotonic()

    def __call__(self, what: str) -> None:
        """Tell, unless something was told just before."""
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY_S:
            self._told_at = now
            print(f"checker: {now - self._began_at:4.0f} s  {what}", file=sys.stderr, flush=True)
