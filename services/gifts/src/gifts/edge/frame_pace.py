"""How often a worker makes frames where hundreds of rooms are busy at once."""

import time
from collections.abc import Callable
from typing import Final

from gifts.domain.room_rules import RoomRules, busy

REST_PER_FRAME_S: Final = 0.002
"""A frame costs as much as several gifts. Five hundred of them a second are a tenth of a worker's
time, and everybody waits for what it does not get done."""
REST_MAX_S: Final = 0.75


class FramePace:
    """Lets frames of many rooms be followed by a time of fewer.

    A hot room among calm ones never notices: its next frame is due long after.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._rested_at = 0.0

    def rules(self, rules: RoomRules) -> RoomRules:
        """The rules of rooms as they are in force at this moment."""
        return busy(rules) if self._now() < self._rested_at else rules

    def made(self, frames: int) -> None:
        """Note that frames were made."""
        rest_s = min(frames * REST_PER_FRAME_S, REST_MAX_S)
        self._rested_at = max(self._rested_at, self._now() + rest_s)
