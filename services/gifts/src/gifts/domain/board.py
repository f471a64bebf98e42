"""Who gave most to a creator: windows of time, and what gifts make of them."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
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


class Window(NamedTuple):
    """Gifts that were charged from `starts_at` on and before `ends_at`; without, whenever."""

    span: Span
    starts_at: datetime | None
    ends_at: datetime | None


class Board(NamedTuple):
    """Who gave a creator most in a window."""

    creator_id: str
    window: Window


class Score(NamedTuple):
    """What somebody gave a creator by one gift, or, negative, what was taken back of it."""

    creator_id: str
    user_id: str
    coins: int
    given_at: datetime
    """When the gift was charged, also of what is taken back."""
    gift_id: UUID | None = None
    """The gift; None: something is taken back."""
    item_id: str | None = None
    """Of the gift; None: something is taken back."""

    @property
    def key(self) -> ScoreKey:
        """Creator and user."""
        return self.creator_id, self.user_id


class Total(NamedTuple):
    """All that somebody has given a creator by now and that was not taken back."""

    coins: int
    is_first: bool
    """Whether they had never given them anything before."""


class Net(NamedTuple):
    """What some scores of one user change in all, and in the newest windows among them."""

    hour_at: datetime
    day_at: datetime
    week_at: datetime
    hour_coins: int = 0
    day_coins: int = 0
    week_coins: int = 0
    coins: int = 0

    def plus(self, coins: int, at: "Net") -> "Net":
        """With another score, of the windows of `at`; what is older than a window is not in it."""
        hour_at, day_at, week_at = (
            max(self.hour_at, at.hour_at),
            max(self.day_at, at.day_at),
            max(self.week_at, at.week_at),
        )
        return Net(
            hour_at,
            day_at,
            week_at,
            (self.hour_coins if self.hour_at == hour_at else 0)
            + (coins if at.hour_at == hour_at else 0),
            (self.day_coins if self.day_at == day_at else 0)
            + (coins if at.day_at == day_at else 0),
            (self.week_coins if self.week_at == week_at else 0)
            + (coins if at.week_at == week_at else 0),
            self.coins + coins,
        )


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
        case Span.ALL_TIME:
            return Window(span, None, None)


def rung_before(rungs: Sequence[Rung], placed: Placed) -> Rung:
    """The last of some rungs, in order, that is not behind somebody; the top if all are."""
    passed = bisect_right(
        rungs, (-placed.coins, placed.place), key=lambda rung: (-rung.coins, rung.place)
    )
    return rungs[passed - 1] if passed else TOP


def first_gifts(scores: Iterable[Score], totals: Mapping[ScoreKey, Total]) -> set[UUID]:
    """The gifts among scores, in order, that are the first of their giver to their creator."""
    new = {key for key, total in totals.items() if total.is_first}
    firsts: dict[ScoreKey, UUID] = {}
    for score in scores if new else ():
        if score.gift_id is not None and score.key in new:
            firsts.setdefault(score.key, score.gift_id)
    return set(firsts.values())


def net_scores(scores: Iterable[Score]) -> dict[ScoreKey, Net]:
    """What changes on creators' boards.

    Args:
        scores: In the order in which they came about.

    Returns:
        By creator and user, in the order of what changed each last.
    """
    net: dict[ScoreKey, Net] = {}
    windows: dict[datetime, Net] = {}
    for score in scores:
        hour = score.given_at.replace(minute=0, second=0, microsecond=0)
        at = windows.get(hour)
        if at is None:
            at = windows[hour] = _windows_of(hour)
        key = score.creator_id, score.user_id
        before = net.pop(key, None)
        coins = score.coins
        if before is None:
            net[key] = Net(at.hour_at, at.day_at, at.week_at, coins, coins, coins, coins)
        else:
            net[key] = before.plus(coins, at)
    return net


def _windows_of(at: datetime) -> Net:
    hour, day, week = (
        window_of(span, at).starts_at or EVER for span in (Span.HOUR, Span.DAY, Span.WEEK)
    )
    return Net(hour, day, week)
