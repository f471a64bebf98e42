"""Keeps a flood of log lines from drowning the log.

While a broker is away aiokafka logs up to 1,500 lines a second, all saying the same.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from chassis.telemetry.metrics import LOG_LINES_SUPPRESSED

FLOODING: Final = ("aiokafka", "opentelemetry", "urllib3", "asyncio")
"""Libraries known to repeat themselves. Our own lines each say something and are never dropped."""


class FloodFilter(logging.Filter):
    """Lets at most `lines_max` lines through per logger, level and interval.

    The first line of the next interval says how many were dropped, in its `suppressed` field.
    Put it on the handler: a filter on a logger does not see the lines of its children.
    """

    def __init__(
        self,
        *,
        loggers: tuple[str, ...] = FLOODING,
        lines_max: int = 10,
        interval_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._loggers = frozenset(loggers)
        self._lines_max = lines_max
        self._interval_s = interval_s
        self._clock = clock
        self._windows: dict[tuple[str, int], _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide on one line; called under the handler's lock."""
        if record.name.partition(".")[0] not in self._loggers:
            return True
        now = self._clock()
        window = self._windows.get((record.name, record.levelno))
        if window is None or now - window.began_at >= self._interval_s:
            if window is not None and window.suppressed:
                record.suppressed = window.suppressed
            self._windows[record.name, record.levelno] = _Window(now)
            return True
        window.lines += 1
        if window.lines <= self._lines_max:
            return True
        window.suppressed += 1
        LOG_LINES_SUPPRESSED.labels(record.name).inc()
        return False


class _Window:
    """What one logger and level did since the interval began."""

    __slots__ = ("began_at", "lines", "suppressed")

    def __init__(self, began_at: float) -> None:
        self.began_at = began_at
        self.lines = 1
        self.suppressed = 0
