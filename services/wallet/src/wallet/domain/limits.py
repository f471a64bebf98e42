"""Spend limits: what owners let themselves spend, and how limits change."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

import msgspec

from chassis.versions import check_follows
from contracts.event import Instant
from wallet.domain.caps import CapTable, problem_of
from wallet.domain.lots import COINS_MAX

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
"""Windows roll: time zones and daylight saving have no say in them (E29)."""

type Hours = Annotated[int, msgspec.Meta(ge=1, le=8760)]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How many coins may be spent. None: as many as one likes."""

    day_coins: int | None = None
    """In any 24 hours."""
    week_coins: int | None = None
    """In any 7 days."""
    creator_day_coins: int | None = None
    """On one creator in any 24 hours."""

    def is_within(self, other: "Terms") -> bool:
        """Whether nothing is allowed that `other` forbids."""
        return self.combine(other, _lower) == self

    def combine(self, other: "Terms", choose: "Choose") -> "Terms":
        """Terms that are limit by limit what is chosen of both."""
        return Terms(
            day_coins=choose(self.day_coins, other.day_coins),
            week_coins=choose(self.week_coins, other.week_coins),
            creator_day_coins=choose(self.creator_day_coins, other.creator_day_coins),
        )


type Choose = Callable[[int | None, int | None], int | None]


def _lower(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


class Pending(msgspec.Struct, frozen=True):
    """Terms that will hold, since some of them are higher than those that do."""

    terms: Terms
    since: datetime
    """When the waiting began."""
    effective_at: datetime


class Limits(msgspec.Struct, frozen=True):
    """What the owner of an account has set."""

    version: int
    """How often they were changed; 0: never set."""
    terms: Terms
    """What holds until `pending` does."""
    pending: Pending | None

    def in_force(self, at: datetime) -> Terms:
        """The terms that hold at a moment, which is not before they were set."""
        if self.pending is not None and at >= self.pending.effective_at:
            return self.pending.terms
        return self.terms

    def waiting(self, at: datetime) -> Pending | None:
        """What is still to come at a moment."""
        if self.pending is not None and at < self.pending.effective_at:
            return self.pending
        return None


UNLIMITED: Final = Limits(0, Terms(), None)
"""Of whoever has never set any."""


class SpendPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the rules about limits, in force from a moment on until the next version is."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    effective_from: Instant
    raise_after_hours: Hours
    """How long a limit stays after its owner has asked for a higher one."""
    remove_after_hours: Hours
    """And after they have asked for none."""
    caps: CapTable | None = None
    """What nobody may spend more than, whatever limits they have; None: there is no such cap."""


class Change(NamedTuple):
    """What a change of limits comes to."""

    limits: Limits
    is_rise: bool
    """Whether anything is asked for that has to wait, beyond what was waiting already."""


def change(before: Limits, wanted: Terms, policy: SpendPolicy, *, at: datetime) -> Change:
    """Limits as they are after their owner has asked for `wanted`. Pure.

    Limit by limit, what is lower holds at once. What is higher holds after the cooling-off, for
    which the limits that hold now stay. Asking anew replaces what was waiting: for no more than
    that, the time already waited counts; for more, it begins again. The same terms asked for again
    therefore change nothing.
    """
    now = before.in_force(at)
    terms = now.combine(wanted, _lower)
    waiting = before.waiting(at)
    if terms == wanted:
        pending = None
    elif waiting is not None and wanted.is_within(waiting.terms):
        pending = Pending(wanted, waiting.since, waiting.effective_at)
    else:
        pending = Pending(wanted, at, at + _cooling_off(terms, wanted, policy))
    if (terms, pending) == (now, waiting):
        return Change(before, is_rise=False)
    is_rise = pending is not None and (waiting is None or pending.since != waiting.since)
    return Change(Limits(before.version + 1, terms, pending), is_rise)


def _cooling_off(now: Terms, wanted: Terms, policy: SpendPolicy) -> timedelta:
    removes = now.combine(wanted, _removed) != Terms()
    return timedelta(hours=policy.remove_after_hours if removes else policy.raise_after_hours)


def _removed(now: int | None, wanted: int | None) -> int | None:
    """The limit that goes, if one does."""
    return now if wanted is None else None


def check_terms(wanted: Terms) -> None:
    """Pass limits that can be kept.

    Raises:
        InvalidLimitError: One of them is not between 1 and 2^53 - 1 coins.
    """
    for coins in (wanted.day_coins, wanted.week_coins, wanted.creator_day_coins):
        if coins is not None and not 1 <= coins <= COINS_MAX:
            raise InvalidLimitError


class InvalidLimitError(Exception):
    """A limit is not a number of coins that can be a limit."""


class GuardianRequiredError(Exception):
    """The account is supervised: only a guardian may raise its limits."""


class SpendPolicyRefusedError(ValueError):
    """The policy must not be published; the message says which rule it breaks."""


def check_policy(published: Sequence[SpendPolicy], policy: SpendPolicy) -> None:
    """Make sure that `policy` may follow what is published.

    Raises:
        SpendPolicyRefusedError: It breaks a rule.
    """
    check_follows(published, policy, SpendPolicyRefusedError)
    if policy.remove_after_hours < policy.raise_after_hours:
        raise SpendPolicyRefusedError("no limit at all must not be sooner than a higher limit")
    if policy.caps is not None and (problem := problem_of(policy.caps)) is not None:
        raise SpendPolicyRefusedError(problem)
