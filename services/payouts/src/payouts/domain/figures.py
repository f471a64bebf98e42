"""What a creator was given, added up: by whom, by what or by day (C50)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

DAYS_MAX: Final = 366
"""Of one question. Ranges are half-open, so that those of neighbours add up to any length."""


class Breakdown(StrEnum):
    """What figures are told apart by."""

    GIFTER = "GIFTER"
    ITEM = "ITEM"
    DAY = "DAY"


class Days(NamedTuple):
    """Whole days in UTC, from one to before another."""

    first: date
    after: date

    def check(self) -> None:
        """Whether there can be an answer.

        Raises:
            ValueError: The range is empty, or longer than `DAYS_MAX` days; the message says which.
        """
        if self.after <= self.first:
            raise ValueError("a range of days ends after its first day")
        if self.after - self.first > timedelta(days=DAYS_MAX):
            raise ValueError(f"a range has {DAYS_MAX} days at most")


class Figures(NamedTuple):
    """Of some gifts, all that were given; and what of it was taken back and not given back."""

    gifts: int
    given_coins: int
    given_micro_diamonds: int
    reversed_coins: int
    """Whoever bears it: a creator bears nothing of what had matured."""
    reversed_micro_diamonds: int

    @property
    def coins(self) -> int:
        """What is left of the coins."""
        return self.given_coins - self.reversed_coins

    @property
    def micro_diamonds(self) -> int:
        """What is left of what they earned."""
        return self.given_micro_diamonds - self.reversed_micro_diamonds


class Figure(NamedTuple):
    """Of one gifter, item or day."""

    key: str
    """A user id, an item's id, or a day such as 2026-11-05; empty: it was not kept yet."""
    figures: Figures


class Analytics(NamedTuple):
    """Figures of a range of days, read together."""

    as_of: datetime | None
    """What was recorded by then is in them; None: nothing was added up yet."""
    total: Figures
    page: Sequence[Figure]
