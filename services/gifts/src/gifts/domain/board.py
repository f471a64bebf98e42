"""Who gave most, to a creator or in a room: windows of time, and what gifts make of them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple, Self
from uuid import UUID

type ScoreKey = tuple[str, str]
"""Creator and user."""

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What counts for ever is kept as if it had begun then."""


class Span(StrEnum):
    """How long a board counts until it begins anew."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    ALL_TIME = "ALL_TIME"
    ROOM = "ROOM"
    """As long as the room is open, and of what comes late afterwards."""


class Window(NamedTuple):
    """Gifts that were charged from `starts_at` on and before `ends_at`; without, whenever."""

    span: Span
    starts_at: datetime | None
    ends_at: datetime | None


class Board(NamedTuple):
    """Who gave a creator most in a window, or who gave most in a room."""

    board_id: UUID
    window: Window

    @classmethod
    def of_creator(cls, creator_id: str, window: Window) -> Self:
        """Of what a creator was given in a window."""
        return cls(board_id_of(creator_id), window)

    @classmethod
    def of_room(cls, room_id: UUID) -> Self:
        """Of what was given in a room."""
        return cls(room_id, Window(Span.ROOM, None, None))


class Score(NamedTuple):
    """What somebody gave a creator by one gift, or, negative, what was taken back of it."""

    creator_id: str
    user_id: str
    coins: int
    given_at: datetime
    """When the gift was charged, also of what is taken back."""


class Windows(NamedTuple):
    """When an hour, a day and a week began, in UTC."""

    hour_at: datetime
    day_at: datetime
    week_at: datetime


class Net(NamedTuple):
    """What some scores of one user change in all, and in the newest windows among them."""

    windows: Windows
    hour_coins: int = 0
    day_coins: int = 0
    week_coins: int = 0
    coins: int = 0

    def plus(self, coins: int, at: Windows) -> "Net":
        """With another score, of the windows `at`; what is older than a window is not in it."""
        mine = self.windows
        if mine == at:
            return Net(
                mine,
                self.hour_coins + coins,
                self.day_coins + coins,
                self.week_coins + coins,
                self.coins + coins,
            )
        hour, day, week = [
            (0 if ours < theirs else before) + (0 if ours > theirs else coins)
            for ours, theirs, before in zip(
                mine, at, (self.hour_coins, self.day_coins, self.week_coins), strict=True
            )
        ]
        newest = Windows(*[max(both) for both in zip(mine, at, strict=True)])
        return Net(newest, hour, day, week, self.coins + coins)


class Placed(NamedTuple):
    """What somebody gave in a window, and when they came to that: lower places are earlier."""

    user_id: str
    coins: int
    place: int


class Rung(NamedTuple):
    """A place that has been counted."""

    coins: int
    place: int
    rank: int


TOP: Final = Rung(coins=2**63 - 1, place=0, rank=1)
"""Nobody stands before it."""


class Rank(NamedTuple):
    """Where somebody stands on a board."""

    rank: int
    coins: int
    behind_coins: int | None
    """What the one before has more; 0: as much, but sooner. None: there is none before."""


@lru_cache(maxsize=10_000)
def board_id_of(creator_id: str) -> UUID:
    """The key of a creator's boards: half of the SHA-256 of their id."""
    return UUID(bytes=sha256(creator_id.encode()).digest()[:16])


def window_of(span: Span, at: datetime) -> Window:
    """The window of a kind that a moment is in. Days are UTC's; weeks begin on Monday."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    match span:
        case Span.HOUR:
            return Window(span, hour, hour + timedelta(hours=1))
        case Span.DAY:
            day = hour.replace(hour=0)
            return Window(span, day, day + timedelta(days=1))
        case Span.WEEK:
            monday = hour.replace(hour=0) - timedelta(days=hour.weekday())
            return Window(span, monday, monday + timedelta(weeks=1))
        case Span.ALL_TIME | Span.ROOM:
            return Window(span, None, None)


def rung_before(rungs: Sequence[Rung], placed: Placed) -> Rung:
    """The last of some rungs, in order, that is not behind somebody; the top if all are."""
    passed = bisect_right(
        rungs, (-placed.coins, placed.place), key=lambda rung: (-rung.coins, rung.place)
    )
    return rungs[passed - 1] if passed else TOP


def net_scores(scores: Iterable[Score]) -> dict[ScoreKey, Net]:
    """What changes on creators' boards.

    Args:
        scores: In the order in which they came about.

    Returns:
        By creator and user, in the order of what changed each last.
    """
    net: dict[ScoreKey, Net] = {}
    windows: dict[datetime, Windows] = {}
    for score in scores:
        hour = score.given_at.replace(minute=0, second=0, microsecond=0)
        at = windows.get(hour)
        if at is None:
            at = windows[hour] = _windows_of(hour)
        key = score.creator_id, score.user_id
        before = net.pop(key, None)
        coins = score.coins
        if before is None:
            net[key] = Net(at, coins, coins, coins, coins)
        else:
            net[key] = before.plus(coins, at)
    return net


def _windows_of(at: datetime) -> Windows:
    hour, day, week = (
        window_of(span, at).starts_at or EVER for span in (Span.HOUR, Span.DAY, Span.WEEK)
    )
    return Windows(hour, day, week)
