"""What levels take, of gifters and in fan clubs, and how clubs keep time (C22, C23, C35)."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

import msgspec

LEVELS_MAX = 50


class LevelTable(msgspec.Struct, frozen=True, dict=True):
    """One published version: immutable, in force from a moment on until the next one is."""

    version: int
    effective_from: datetime
    kept_days: int
    """A gifter keeps a level that they reached for so long, whatever is taken back."""
    gifter_points: tuple[int, ...]
    """From which each level is reached, from the first on."""
    club_item_id: str
    """Who gives it joins the creator's club."""
    club_active_days: int
    """A member who was not active since before a live stays one for so long after its end."""
    club_decay_days: int
    """A lapsed member loses points when the membership lapses, and again each time this is over."""
    club_decay_keeps_pct: int
    """What is left of them each time."""
    club_points: tuple[int, ...]
    """As with gifters; the first level is every member's."""

    @cached_property
    def kept(self) -> timedelta:
        """How long a gifter keeps a level that they reached."""
        return timedelta(days=self.kept_days)

    @cached_property
    def club_active(self) -> timedelta:
        """How long after a live a member can stay away."""
        return timedelta(days=self.club_active_days)

    @cached_property
    def club_decay(self) -> timedelta:
        """How long it takes until points fall once more."""
        return timedelta(days=self.club_decay_days)

    def gifter_level(self, points: int) -> int:
        """The level that points are worth; 0: none."""
        return bisect_right(self.gifter_points, points)

    def club_level(self, points: int) -> int:
        """The level of a member with so many points."""
        return bisect_right(self.club_points, points)


class LevelTables(msgspec.Struct, frozen=True):
    """All versions. What is told late goes by the one that was in force."""

    versions: tuple[LevelTable, ...]
    """Latest first."""

    def in_force(self, at: datetime) -> LevelTable | None:
        """The latest version that is in force at `at`; None before the first."""
        for table in self.versions:
            if table.effective_from <= at:
                return table
        return None


def next_step(steps: Sequence[int], level: int) -> int | None:
    """The points from which the level after this one is reached; None: it is the last."""
    return steps[level] if level < len(steps) else None
