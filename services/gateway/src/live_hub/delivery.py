"""How long it took, lately, from the commit of what happened until clients were written to."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

WINDOW_S: Final = 300
"""How far back is looked; up to a slot more."""
_SLOT_S: Final = 30
_LEAST_S: Final = 0.0001
_GROWTH: Final = 1.02
"""Each bin is 2 % wider than the one before it, so that a percentile is 2 % too high at most."""
_BINS: Final = 800
"""Up to 12 minutes."""
_LOG_GROWTH: Final = math.log(_GROWTH)


class Delivery(NamedTuple):
    """What was delivered within the window."""

    since: datetime
    """Where the window begins."""
    deliveries: int
    percentiles_s: Sequence[float | None]
    """In the order asked for; None where nothing was delivered."""


class RecentDeliveries:
    """Counts deliveries in bins of time and of duration, many equal ones at once."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """`now`: Unix time in seconds."""
        self._now = now
        self._slots: deque[tuple[int, list[int]]] = deque()
        self._began_at = now()

    def observe(self, seconds: float, times: int) -> None:
        """Count as many deliveries that took so long."""
        slot = int(self._now() // _SLOT_S)
        if not self._slots or self._slots[-1][0] != slot:
            self._forget(slot)
            self._slots.append((slot, [0] * _BINS))
        self._slots[-1][1][_bin(seconds)] += times

    def read(self, *fractions: float) -> Delivery:
        """What was delivered lately; `fractions`: 0.99 asks for the 99th percentile."""
        now = self._now()
        slot = int(now // _SLOT_S)
        self._forget(slot)
        begins_at = (slot - WINDOW_S // _SLOT_S) * _SLOT_S
        counts = [sum(bins) for bins in zip(*(each for _, each in self._slots), strict=True)]
        total = sum(counts)
        return Delivery(
            datetime.fromtimestamp(max(begins_at, self._began_at), UTC),
            total,
            [_percentile(counts, math.ceil(fraction * total)) for fraction in fractions],
        )

    def _forget(self, slot: int) -> None:
        """Let go what is out of the window; after the clock was put back, what is ahead of it."""
        oldest = slot - WINDOW_S // _SLOT_S
        kept = [each for each in self._slots if oldest <= each[0] <= slot]
        if len(kept) < len(self._slots):
            self._slots = deque(kept)


def _bin(seconds: float) -> int:
    if seconds <= _LEAST_S:
        return 0
    return min(_BINS - 1, math.ceil(math.log(seconds / _LEAST_S) / _LOG_GROWTH))


def _percentile(counts: Sequence[int], rank: int) -> float | None:
    """The upper edge of the bin in which the delivery of that rank is, from 1."""
    seen = 0
    for place, count in enumerate(counts):
        seen += count
        if count and seen >= rank:
            return _LEAST_S * _GROWTH**place
    return None
