"""By what trains go (C20)."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

QUALIFYING_MIN: Final = 10
"""Coins: below that no gift helps to start a train, by any version of the rules."""


class TrainRules(NamedTuple):
    """One version of them; the fields are columns. A train keeps the version of its start."""

    version: int
    effective_from: datetime
    difficulty: str
    starters: int
    """How many people start one: 3 to 25."""
    window_s: int
    """Within how much time they give."""
    qualifying_coins: int
    """What a gift costs at least to count at the start."""
    length_s: int
    """From the start, and from each new level, to the end."""
    cooldown_s: int
    """From the end to where gifts count for the next start."""
    targets: tuple[int, ...]
    """Coins at which each level is reached, from the start on; rising."""

    @property
    def window(self) -> timedelta:
        """Within which people start a train."""
        return timedelta(seconds=self.window_s)

    @property
    def length(self) -> timedelta:
        """From the start, and from each new level, to the end."""
        return timedelta(seconds=self.length_s)

    @property
    def cooldown(self) -> timedelta:
        """From the end on."""
        return timedelta(seconds=self.cooldown_s)
