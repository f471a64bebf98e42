"""What payers have spent lately, and whether a charge still fits their limits and the caps.

The journal is the truth about what was spent. What is kept here was read from it once, and is
carried on from batch to batch: see decisions 0020 and 0022.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from wallet.domain.caps import NO_CAPS, Caps
from wallet.domain.ledger import Outcome
from wallet.domain.limits import DAY, WEEK, Limits

type LimitReached = Literal[
    "day_limit_reached",
    "week_limit_reached",
    "creator_limit_reached",
    "platform_day_reached",
    "platform_week_reached",
    "platform_charge_reached",
]

BACKWARDS: Final = timedelta(hours=1)
"""As far as a clock may step back, or two workers' clocks differ, before anything is read anew."""
RECALLED: Final = WEEK + BACKWARDS
"""How far back spending is read and kept."""
_FORGET_AT_ONCE: Final = 64

_LIMITS: Final[Mapping[str, LimitReached]] = {
    limit: limit for limit in get_args(LimitReached.__value__)
}


def limit_of(outcome: Outcome) -> LimitReached | None:
    """The limit that refused a charge of this outcome, if one did."""
    return _LIMITS.get(outcome)


class Spent(NamedTuple):
    """What a posted charge took."""

    at: datetime
    creator: str
    """The key of the charge's answer: of a gift, whom it is for."""
    coins: int


class Reached(msgspec.Struct, frozen=True, gc=False):
    """A limit that a charge does not fit in."""

    limit: LimitReached
    limit_coins: int
    spent_coins: int
    """What the limit's window holds already; 0 where it is for one charge."""
    frees_up_at: datetime | None
    """When the charge will fit if nothing else is spent; None: it is higher than the limit."""


type _Entry = tuple[datetime, int, str, int]
"""When, all coins spent up to and with it, on whom, how many. In the order of time."""
type _Link = tuple[str, int, "_Link | None"]
"""On whom and how many, and what was spent before in the same batch."""

_WHEN: Final = itemgetter(0)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)


class Spending:
    """The limits of a payer, and what they have spent up to a version of their account.

    Caps come with each charge: they are its payer's mostly, and sums stand as long as they are.

    A batch begins, asks and spends, and settles what it has spent once it is committed. What is not
    settled is forgotten when the next one begins.

    Sums over the windows are kept until a charge leaves one of them, so that a batch mostly counts
    nothing: it touches this object and the end of one list. That is what limits cost, since the
    payers of a batch are never in the processor's caches. A charge that does not fit by these sums
    is counted anew before it is refused: a sum may be too high, and never too low.
    """

    __slots__ = (
        "_at",
        "_batch",
        "_batch_coins",
        "_caps",
        "_counted_at",
        "_creator_coins",
        "_day_spent",
        "_entries",
        "_last_at",
        "_room",
        "_steady_until",
        "_total",
        "known_since",
        "limits",
        "limits_version",
        "version",
    )

    def __init__(self, limits: Limits, *, known_since: datetime) -> None:
        """`known_since`: what was spent until then is not noted."""
        self.limits = limits
        self.limits_version = limits.version
        self.version = 0
        self.known_since = known_since
        self._entries: list[_Entry] = []
        self._last_at = _FIRST
        self._total = 0
        # The sums hold from `counted_at` on, until `steady_until`.
        self._counted_at = self._at = _NEVER
        self._steady_until = _FIRST
        self._caps = NO_CAPS
        self._day_spent = 0
        # What fits in the day and in the week.
        self._room = 0
        self._creator_coins: int | None = None
        # Spent in this batch.
        self._batch: _Link | None = None
        self._batch_coins = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __bool__(self) -> bool:
        return True

    def lately(self) -> int:
        """What was spent before this batch in the last week, and the hour before that."""
        return self._spent_after(self._at - RECALLED)

    def note(self, spent: Iterable[Spent], *, version: int) -> None:
        """Note what the journal tells up to a version of the account."""
        for at, creator, coins in spent:
            self._add(at, creator, coins)
        self._steady_until = _FIRST
        self.version = version

    def begin(self, at: datetime) -> None:
        """Begin a batch, which has one time."""
        if not self._counted_at <= at < self._steady_until:
            self._count(at)
        self._at = at
        self._batch = None
        self._batch_coins = 0

    def reached(self, creator: str, coins: int, caps: Caps = NO_CAPS) -> Reached | None:
        """What a charge does not fit in: the first of one charge, day, week and creator.

        Of the payer's own limit and the platform's, the lower counts, and is told.
        """
        if caps is not self._caps:
            self._caps = caps
            self._count(self._at)
        wanted = coins + self._batch_coins
        if wanted <= self._room and coins <= caps.charge_coins:
            limit_coins = self._creator_coins
            # Who has not spent as much on everybody has not on one.
            if limit_coins is None or self._day_spent + wanted <= limit_coins:
                return None
        return self._explain(creator, coins)

    def spend(self, creator: str, coins: int) -> None:
        """Note a charge that fits and is posted."""
        self._batch = (creator, coins, self._batch)
        self._batch_coins += coins

    def settle(self, version: int) -> None:
        """Keep what the batch has spent: it is committed, and left the account at a version."""
        self.version = version
        link = self._batch
        if link is None:
            return
        at = self._at
        # No charge leaves a window sooner than those that are in it.
        if not self._day_spent:
            self._steady_until = min(self._steady_until, at + DAY)
        self._day_spent += self._batch_coins
        self._room -= self._batch_coins
        while link is not None:
            creator, coins, link = link
            self._add(at, creator, coins)
        self._batch = None
        if len(self._entries) > _FORGET_AT_ONCE:
            self._forget(at - RECALLED)

    def _add(self, at: datetime, creator: str, coins: int) -> None:
        self._total += coins
        if at >= self._last_at:
            self._last_at = at
            self._entries.append((at, self._total, creator, coins))
            return
        # A clock has stepped back.
        entries = self._entries
        index = bisect_right(entries, at, key=_WHEN)
        later = entries[index:]
        before = later[0][1] - later[0][3]
        entries[index:] = [
            (at, before + coins, creator, coins),
            *[(when, total + coins, whom, many) for when, total, whom, many in later],
        ]

    def _forget(self, until: datetime) -> None:
        if self._entries[_FORGET_AT_ONCE][0] <= until:
            del self._entries[: bisect_right(self._entries, until, key=_WHEN)]
            self.known_since = max(self.known_since, until)

    def _count(self, at: datetime) -> None:
        terms = self.limits.in_force(at)
        waiting = self.limits.waiting(at)
        steady_until = _NEVER if waiting is None else waiting.effective_at
        for window in (DAY, WEEK):
            first = bisect_right(self._entries, at - window, key=_WHEN)
            if first < len(self._entries):
                steady_until = min(steady_until, self._entries[first][0] + window)
        self._counted_at = at
        self._steady_until = steady_until
        self._creator_coins = terms.creator_day_coins
        self._day_spent = self._spent_after(at - DAY)
        self._room = min(
            _lower("day_limit_reached", terms.day_coins, self._caps)[1] - self._day_spent,
            _lower("week_limit_reached", terms.week_coins, self._caps)[1]
            - self._spent_after(at - WEEK),
        )

    def _spent_after(self, since: datetime) -> int:
        first = bisect_right(self._entries, since, key=_WHEN)
        if first == len(self._entries):
            return 0
        _, so_far, _, coins = self._entries[first]
        return self._entries[-1][1] - so_far + coins

    def _explain(self, creator: str, coins: int) -> Reached | None:
        terms = self.limits.in_force(self._at)
        day = _lower("day_limit_reached", terms.day_coins, self._caps)
        week = _lower("week_limit_reached", terms.week_coins, self._caps)
        if coins > self._caps.charge_coins:
            return Reached("platform_charge_reached", self._caps.charge_coins, 0, None)
        return (
            self._check(*day, DAY, None, coins)
            or self._check(*week, WEEK, None, coins)
            or self._check("creator_limit_reached", terms.creator_day_coins, DAY, creator, coins)
        )

    def _check(
        self,
        limit: LimitReached,
        limit_coins: int | None,
        window: timedelta,
        creator: str | None,
        coins: int,
    ) -> Reached | None:
        """Whether a charge does not fit in one limit, on one creator or on all."""
        if limit_coins is None:
            return None
        first = bisect_right(self._entries, self._at - window, key=_WHEN)
        spent = [
            (at, many)
            for at, _, whom, many in self._entries[first:]
            if creator is None or whom == creator
        ]
        link = self._batch
        while link is not None:
            whom, many, link = link
            if creator is None or whom == creator:
                spent.append((self._at, many))
        spent_coins = sum(many for _, many in spent)
        excess = spent_coins + coins - limit_coins
        if excess <= 0:
            return None
        if coins > limit_coins:
            return Reached(limit, limit_coins, spent_coins, None)
        # As many coins must have left the window, the oldest first.
        for at, many in sorted(spent):
            excess -= many
            if excess <= 0:
                return Reached(limit, limit_coins, spent_coins, at + window)
        raise AssertionError("what fits in an empty window fits when all has left it")


def _lower(
    own: Literal["day_limit_reached", "week_limit_reached"], coins: int | None, caps: Caps
) -> tuple[LimitReached, int]:
    """The payer's own limit for a window, or the platform's where that is lower."""
    if own == "day_limit_reached":
        platform, most = "platform_day_reached", caps.day_coins
    else:
        platform, most = "platform_week_reached", caps.week_coins
    return (platform, most) if coins is None or coins > most else (own, coins)
