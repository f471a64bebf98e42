"""Which part of a store's list of purchases taken back is to be read."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

LISTED_FOR: Final = timedelta(days=30)
"""The list goes back no further: a rule of Google's."""
MARGIN: Final = timedelta(minutes=10)
"""To ask for less than it has, or it asks back: clocks differ."""
OVERLAP: Final = timedelta(days=1)
"""Read again each time: what was taken back may be listed after what was taken back later."""
POLL_EVERY: Final = timedelta(minutes=5)


class Window(NamedTuple):
    """From when to when purchases were taken back."""

    start: datetime
    end: datetime
    has_gap: bool
    """Whether something may have left the list unread."""


def window(read_until: datetime | None, at: datetime) -> Window:
    """What to read at a moment; the first time all that is listed."""
    oldest = at - LISTED_FOR + MARGIN
    if read_until is None:
        return Window(oldest, at, has_gap=False)
    return Window(max(read_until - OVERLAP, oldest), at, has_gap=read_until < oldest)
