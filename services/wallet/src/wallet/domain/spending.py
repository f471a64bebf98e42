"""What payers with limits have spent lately, and whether a charge still fits.

The journal is the truth about what was spent. What is kept here was read from it once, and is
carried on from batch to batch: see decision 0020.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from wallet.domain.ledger import Outcome
from wallet.domain.limits import DAY, WEEK, Limits

type LimitReached = Literal["day_limit_reached", "week_limit_reached", "creator_limit_reached"]

RECALLED: Final = WEEK + timedelta(hours=1)
"""How far back spending is read and kept: the longest window, and some time for a clock that steps
back."""
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
    """What the limit's window holds already."""
    frees_up_at: datetime | None
    """When the charge will fit if nothing else is spent; None: it is higher than the limit."""


class Trail:
    """Coins by the time at which they were spent, with running sums: any window is two look-ups."""

    __slots__ = ("_sums", "_times")

    def __init__(self) -> None:
        self._times: list[datetime] = []
        # Before the first, and after each.
        self._sums: list[int] = [0]

    def add(self, at: datetime, coins: int) -> None:
        """Note coins spent: nearly always the latest, but a clock may have stepped back."""
        times, sums = self._times, self._sums
        if not times or at > times[-1]:
            times.append(at)
            sums.append(sums[-1] + coins)
            return
        index = bisect_left(times, at)
        if times[index] != at:
            times.insert(index, at)
            sums.insert(index + 1, sums[index])
        for later in range(index + 1, len(sums)):
            sums[later] += coins

    def __len__(self) -> int:
        return len(self._times)

    def spent_after(self, since: datetime) -> int:
        """Coins spent after a moment."""
        return self._sums[-1] - self._sums[bisect_right(self._times, since)]

    def spent_when(self, coins: int, *, after: datetime) -> datetime | None:
        """When the first `coins` after a moment had been spent; None: there are not as many."""
        before = self._sums[bisect_right(self._times, after)]
        index = bisect_left(self._sums, before + coins)
        return self._times[index - 1] if index < len(self._sums) else None

    def forget(self, until: datetime) -> bool:
        """Drop what was spent up to a moment, if that is worth the while; whether it was."""
        times = self._times
        if len(times) < _FORGET_AT_ONCE or times[_FORGET_AT_ONCE - 1] > until:
            return False
        old = bisect_right(times, until)
        del times[:old], self._sums[:old]
        return True


_NOTHING: Final = Trail()


class Spending:
    """The limits of a payer, and what they have spent up to a version of their account.

    It changes as charges are committed, and only then: a batch counts on an `Allowance`.
    """

    __slots__ = ("_by_creator", "_known_since", "all", "limits", "version")

    def __init__(self, limits: Limits, *, known_since: datetime) -> None:
        """`known_since`: what was spent until then is not noted."""
        self.limits = limits
        self.version = 0
        self.all = Trail()
        self._by_creator: dict[str, Trail] | None = {} if limits.count_creators else None
        self._known_since = known_since

    def on(self, creator: str) -> Trail:
        """What was spent on one creator."""
        assert self._by_creator is not None, "nobody has a limit per creator"
        return self._by_creator.get(creator, _NOTHING)

    def is_of(self, limits_version: int, version: int, at: datetime) -> bool:
        """Whether it is right for an account as read, once it has caught up with its version."""
        return (
            self.limits.version == limits_version
            and self.version <= version
            and self._known_since <= at - WEEK
        )

    def note(self, spent: Iterable[Spent], *, version: int) -> None:
        """Note what was spent up to a version of the account."""
        for at, creator, coins in spent:
            self.all.add(at, coins)
            if self._by_creator is not None:
                trail = self._by_creator.get(creator)
                if trail is None:
                    trail = self._by_creator[creator] = Trail()
                trail.add(at, coins)
        self.version = version

    def forget(self, until: datetime) -> None:
        """Drop what was spent up to a moment, now and then."""
        if not self.all.forget(until):
            return
        self._known_since = max(self._known_since, until)
        if self._by_creator is not None:
            self._by_creator = {
                creator: trail
                for creator, trail in self._by_creator.items()
                if trail.spent_after(until)
            }


class Allowance:
    """What a payer may still spend in the batch at hand, which has one time."""

    __slots__ = ("_at", "_by_creator", "_creator_coins", "_room", "_spending", "_spent")

    def __init__(self, spending: Spending, at: datetime) -> None:
        self._spending = spending
        self._at = at
        self._spent: list[Spent] = []
        terms = spending.limits.in_force(at)
        room: int | None = None
        if terms.day_coins is not None:
            room = terms.day_coins - spending.all.spent_after(at - DAY)
        if terms.week_coins is not None:
            week_room = terms.week_coins - spending.all.spent_after(at - WEEK)
            room = week_room if room is None else min(room, week_room)
        self._room = room
        self._creator_coins = terms.creator_day_coins
        self._by_creator: dict[str, int] = {}

    def reached(self, creator: str, coins: int) -> Reached | None:
        """The limit that a charge does not fit in: the first of day, week and creator."""
        if (self._room is None or coins <= self._room) and (
            self._creator_coins is None or self._on(creator) + coins <= self._creator_coins
        ):
            return None
        return self._explain(creator, coins)

    def spend(self, creator: str, coins: int) -> None:
        """Note a charge that fits and is posted."""
        self._spent.append(Spent(self._at, creator, coins))
        if self._room is not None:
            self._room -= coins
        if self._creator_coins is not None:
            self._by_creator[creator] = self._on(creator) + coins

    def settle(self, version: int) -> Spending:
        """What the payer has spent now that the batch is committed, at a version of the account."""
        spending = self._spending
        spending.note(self._spent, version=version)
        spending.forget(self._at - RECALLED)
        return spending

    def _on(self, creator: str) -> int:
        """Coins spent on a creator in the window that ends now, those of the batch included."""
        known = self._by_creator.get(creator)
        if known is None:
            return self._spending.on(creator).spent_after(self._at - DAY)
        return known

    def _explain(self, creator: str, coins: int) -> Reached | None:
        terms = self._spending.limits.in_force(self._at)
        trail = self._spending.all
        in_batch = sum(spent.coins for spent in self._spent)
        return (
            self._check("day_limit_reached", terms.day_coins, DAY, trail, in_batch, coins)
            or self._check("week_limit_reached", terms.week_coins, WEEK, trail, in_batch, coins)
            or self._check_creator(creator, coins)
        )

    def _check_creator(self, creator: str, coins: int) -> Reached | None:
        limit_coins = self._creator_coins
        if limit_coins is None:
            return None
        trail = self._spending.on(creator)
        in_batch = sum(spent.coins for spent in self._spent if spent.creator == creator)
        return self._check("creator_limit_reached", limit_coins, DAY, trail, in_batch, coins)

    def _check(
        self,
        limit: LimitReached,
        limit_coins: int | None,
        window: timedelta,
        trail: Trail,
        in_batch: int,
        coins: int,
    ) -> Reached | None:
        since = self._at - window
        spent_coins = trail.spent_after(since) + in_batch
        if limit_coins is None or spent_coins + coins <= limit_coins:
            return None
        if coins > limit_coins:
            return Reached(limit, limit_coins, spent_coins, None)
        # As many coins must have left the window; those of this batch leave it last.
        freed = trail.spent_when(spent_coins + coins - limit_coins, after=since) or self._at
        return Reached(limit, limit_coins, spent_coins, freed + window)
