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
from wallet.domain.lots import COINS_MAX

type LimitReached = Literal["day_limit_reached", "week_limit_reached", "creator_limit_reached"]

_BACKWARDS: Final = timedelta(hours=1)
"""As far as a clock may step back, or two workers' clocks differ, before anything is read anew."""
RECALLED: Final = WEEK + _BACKWARDS
"""How far back spending is read and kept."""
_ROOM_MAX: Final = 2 * COINS_MAX
"""Of who has no limit: less what a batch can have spent, it is more than any charge asks for."""
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
        times = self._times
        if not times or times[0] > since:  # most payers have not spent for that long
            return self._sums[-1] - self._sums[0]
        return self._sums[-1] - self._sums[bisect_right(times, since)]

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


type Link = tuple[datetime, int, "Link | None"]
"""Coins spent on one creator at one time, and what was spent on them before: few bytes for each of
very many creators, and few steps, since few gifts a day are for the same one."""


class Spending:
    """The limits of a payer, and what they have spent up to a version of their account.

    It changes as charges are committed, and only then: a batch counts on an `Allowance`.
    """

    __slots__ = ("_known_since", "all", "by_creator", "limits", "version")

    def __init__(self, limits: Limits, *, known_since: datetime) -> None:
        """`known_since`: what was spent until then is not noted."""
        self.limits = limits
        self.version = 0
        self.all = Trail()
        self.by_creator: dict[str, Link] | None = {} if limits.count_creators else None
        """The last link of each; None where nobody asks."""
        self._known_since = known_since

    def on(self, creator: str, since: datetime) -> int:
        """Coins spent on one creator after a moment."""
        assert self.by_creator is not None, "nobody has a limit per creator"
        total = 0
        link = self.by_creator.get(creator)
        while link is not None:
            at, coins, link = link
            if at > since:
                total += coins
            elif at < since - _BACKWARDS:
                break
        return total

    def is_of(self, limits_version: int, version: int, at: datetime) -> bool:
        """Whether it is right for an account as read, once it has caught up with its version."""
        return (
            self.limits.version == limits_version
            and self.version <= version
            and self._known_since <= at - WEEK
        )

    def note(self, spent: Iterable[Spent], *, version: int) -> None:
        """Note what was spent up to a version of the account."""
        by_creator = self.by_creator
        for at, creator, coins in spent:
            self.all.add(at, coins)
            if by_creator is not None:
                by_creator[creator] = (at, coins, by_creator.get(creator))
        self.version = version

    def add(self, at: datetime, coins: int, by_creator: Mapping[str, int], version: int) -> None:
        """Note what was spent at one moment: all of it, and by creator if anybody asks."""
        self.all.add(at, coins)
        links = self.by_creator
        if links is not None:
            for creator, spent in by_creator.items():
                links[creator] = (at, spent, links.get(creator))
        self.version = version

    def forget(self, until: datetime) -> None:
        """Drop what was spent up to a moment, now and then."""
        if not self.all.forget(until):
            return
        self._known_since = max(self._known_since, until)
        if self.by_creator is not None:
            self.by_creator = {
                creator: link
                for creator, last in self.by_creator.items()
                if (link := _since(last, until)) is not None
            }


def _since(last: Link | None, until: datetime) -> Link | None:
    """The links that are later than a moment."""
    kept: list[tuple[datetime, int]] = []
    while last is not None:
        at, coins, last = last
        if at > until:
            kept.append((at, coins))
    link: Link | None = None
    for at, coins in reversed(kept):
        link = (at, coins, link)
    return link


class Allowance:
    """What a payer may still spend in the batch at hand, which has one time."""

    __slots__ = ("_at", "_by_creator", "_coins", "_creator_coins", "_room", "_spending")

    def __init__(self, spending: Spending, at: datetime) -> None:
        limits = spending.limits
        terms = limits.terms if limits.pending is None else limits.in_force(at)
        room = _ROOM_MAX
        if terms.day_coins is not None:
            room = terms.day_coins - spending.all.spent_after(at - DAY)
        if terms.week_coins is not None:
            room = min(room, terms.week_coins - spending.all.spent_after(at - WEEK))
        self._spending = spending
        self._at = at
        # What fits in the day and in the week.
        self._room = room
        self._creator_coins = terms.creator_day_coins
        # Spent in this batch, in all and by creator.
        self._coins = 0
        self._by_creator: dict[str, int] = {}

    def reached(self, creator: str, coins: int) -> Reached | None:
        """The limit that a charge does not fit in: the first of day, week and creator."""
        if coins <= self._room:
            limit_coins = self._creator_coins
            if limit_coins is None or self._on(creator) + coins <= limit_coins:
                return None
        return self._explain(creator, coins)

    def spend(self, creator: str, coins: int) -> None:
        """Note a charge that fits and is posted."""
        self._room -= coins
        self._coins += coins
        self._by_creator[creator] = self._by_creator.get(creator, 0) + coins

    def settle(self, version: int) -> Spending:
        """What the payer has spent now that the batch is committed, at a version of the account."""
        spending = self._spending
        if self._coins:
            spending.add(self._at, self._coins, self._by_creator, version)
            spending.forget(self._at - RECALLED)
        else:
            spending.version = version
        return spending

    def _on(self, creator: str) -> int:
        """Coins spent on a creator in the window that ends now, those of the batch included."""
        before = self._spending.on(creator, self._at - DAY)
        return before + self._by_creator.get(creator, 0)

    def _explain(self, creator: str, coins: int) -> Reached:
        terms = self._spending.limits.in_force(self._at)
        all_spent = self._spending.all
        reached = (
            self._check("day_limit_reached", terms.day_coins, DAY, all_spent, self._coins, coins)
            or self._check(
                "week_limit_reached", terms.week_coins, WEEK, all_spent, self._coins, coins
            )
            or self._check(
                "creator_limit_reached",
                terms.creator_day_coins,
                DAY,
                self._trail_of(creator),
                self._by_creator.get(creator, 0),
                coins,
            )
        )
        assert reached is not None, "what does not fit is told why"
        return reached

    def _trail_of(self, creator: str) -> Trail:
        trail = Trail()
        link = (self._spending.by_creator or {}).get(creator)
        while link is not None:
            at, coins, link = link
            trail.add(at, coins)
        return trail

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
