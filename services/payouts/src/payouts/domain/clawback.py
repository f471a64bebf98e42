"""What a creator bears of a payment that is taken back, and gets of it when it is given back.

Pure: decided in memory, leg by leg, from what is known of the gifts and what is free.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, get_args
from uuid import UUID

from contracts.wallet.v1 import ReversalReason, UndoReason
from payouts.domain.accrual import Accrual

UNDOING: Final = frozenset(get_args(UndoReason))
"""Reasons for which a gift is taken back as if it had never been."""

type Bucket = tuple[str, date, int]
"""Earnings of a creator that mature on a day and were earned at a version of the rates."""
type LegId = tuple[UUID, int]
"""The reversal and the place in it."""
type EntryId = tuple[UUID, int, UUID]
"""The leg, and what takes it or gives it back."""


class Leg(NamedTuple):
    """Coins of a gift that are taken back or given back; the fields are the columns."""

    reversal_id: UUID
    position: int
    cause_id: UUID
    """The reversal itself, or the reinstatement that gives back what it took."""
    creator_id: str
    gift_id: UUID
    lot_id: int
    reason: ReversalReason
    told_at: datetime
    coins: int

    @property
    def gives_back(self) -> bool:
        """Whether it is of a reinstatement."""
        return self.cause_id != self.reversal_id

    @property
    def leg_id(self) -> LegId:
        """What was taken, whether this takes it or gives it back."""
        return self.reversal_id, self.position

    @property
    def entry_id(self) -> EntryId:
        """Its name."""
        return self.reversal_id, self.position, self.cause_id


class Clawback(NamedTuple):
    """A leg, and what came of it."""

    leg: Leg
    covered_coins: int
    """Of its coins, how much the creator bears or gets back."""
    micro_diamonds: int
    """What that is of what they have earned."""
    matures_on: date
    rate_version: int
    settled_at: datetime

    @property
    def bucket(self) -> Bucket:
        """The earnings that it changes."""
        return self.leg.creator_id, self.matures_on, self.rate_version

    @property
    def taken_micro_diamonds(self) -> int:
        """What it takes; negative where it gives back."""
        return -self.micro_diamonds if self.leg.gives_back else self.micro_diamonds


class ImpossibleLegError(ValueError):
    """It cannot be true; the message says why."""


class Settled(NamedTuple):
    """What came of some legs. Those that were known before are in none of the lists."""

    settled: Sequence[Clawback]
    waiting: Sequence[Leg]
    impossible: Mapping[Leg, str]
    """And why."""


class TakenOfSlices:
    """What is taken of slices of gifts, by gift and lot, less what was given back of that."""

    def __init__(self, known: Iterable[Clawback] = ()) -> None:
        self.coins: Counter[tuple[UUID, int]] = Counter()
        """Asked for, whoever bears it."""
        self.micro_diamonds: Counter[tuple[UUID, int]] = Counter()
        for each in known:
            self.add(each)

    def add(self, clawback: Clawback) -> None:
        """Note what was settled."""
        leg = clawback.leg
        self.coins[leg.gift_id, leg.lot_id] += -leg.coins if leg.gives_back else leg.coins
        self.micro_diamonds[leg.gift_id, leg.lot_id] += clawback.taken_micro_diamonds


class _OfLeg(NamedTuple):
    """How a leg stands that was taken."""

    taken: Clawback
    returned_coins: int


class Claims:
    """Gifts, what was taken of them and what is free, in memory, while legs are settled."""

    def __init__(
        self,
        accruals: Mapping[UUID, Accrual],
        known: Iterable[Clawback],
        free: Mapping[Bucket, int],
        *,
        frozen: Collection[UUID] = (),
        at: datetime,
    ) -> None:
        """Args:
        accruals: Of the gifts that legs will name, as far as there are any.
        known: All that was settled of these gifts and of the legs that will be named.
        free: What is free of the buckets of these gifts, in micro-diamonds.
        frozen: Of the gifts, those of which all that is left is held, and is none of `free`.
        at: Now: what matures later than this day (UTC) may be taken, and all that is undone.
        """
        self._accruals = accruals
        self._free = dict(free)
        self._frozen = frozenset(frozen)
        self._at = at
        self.held: Counter[Bucket] = Counter()
        """By how much what is held of buckets rises by what was settled, or falls."""
        self.thawed: set[UUID] = set()
        """Frozen gifts that were undone: nothing of them is held any more."""
        self._known: dict[EntryId, Leg] = {}
        self._legs: dict[LegId, _OfLeg] = {}
        self._taken = TakenOfSlices()
        for each in sorted(known, key=lambda each: each.leg.gives_back):
            self._note(each)

    def settle_all(self, legs: Sequence[Leg]) -> "Settled":
        """Settle legs in order, each once; what has to wait is tried again after the others."""
        settled: list[Clawback] = []
        impossible: dict[Leg, str] = {}
        while True:
            waiting: list[Leg] = []
            for leg in legs:
                try:
                    clawback = self._settle(leg)
                except ImpossibleLegError as error:
                    impossible[leg] = str(error)
                    continue
                if clawback is not None:
                    settled.append(clawback)
                elif leg.entry_id not in self._known:
                    waiting.append(leg)
            if len(waiting) == len(legs):
                self._thaw(settled)
                return Settled(settled, waiting, impossible)
            legs = waiting

    def _thaw(self, settled: Iterable[Clawback]) -> None:
        """What is left of a gift that was undone stays its creator's: others had borne it."""
        self.thawed = {
            each.leg.gift_id for each in settled if each.leg.reason in UNDOING
        } & self._frozen
        for gift_id in self.thawed:
            accrual = self._accruals[gift_id]
            for lot_id, day in zip(accrual.lot_ids, accrual.matures_on, strict=True):
                bucket = (accrual.creator_id, day, accrual.rate_version)
                self.held[bucket] -= self._held_of(accrual, lot_id)

    def _held_of(self, accrual: Accrual, lot_id: int) -> int:
        earned = accrual.slice_micro_diamonds[accrual.lot_ids.index(lot_id)]
        return earned - self._taken.micro_diamonds[accrual.gift_id, lot_id]

    def _settle(self, leg: Leg) -> Clawback | None:
        """What comes of a leg; None where it is known, or what it follows is not."""
        known = self._known.get(leg.entry_id)
        if known not in (None, leg):
            raise ImpossibleLegError("it was told before, differently")
        accrual = self._accruals.get(leg.gift_id)
        if known is not None or accrual is None:
            return None
        if accrual.creator_id != leg.creator_id or leg.lot_id not in accrual.lot_ids:
            raise ImpossibleLegError("its gift was another creator's, or paid otherwise")
        clawback = self._give_back(leg) if leg.gives_back else self._take(leg, accrual)
        if clawback is not None:
            self._note(clawback)
            taken = clawback.taken_micro_diamonds
            if leg.gift_id in self._frozen:
                self.held[clawback.bucket] -= taken
            else:
                self._free[clawback.bucket] = self._free.get(clawback.bucket, 0) - taken
        return clawback

    def _take(self, leg: Leg, accrual: Accrual) -> Clawback:
        """All of it, unless it has matured or is not there any more (E04).

        A gift that is undone never was: what of it has matured is taken too. Of one that is frozen
        all that is left is there.
        """
        place = accrual.lot_ids.index(leg.lot_id)
        slice_coins = accrual.slice_coins[place]
        earned = accrual.slice_micro_diamonds[place]
        matures_on = accrual.matures_on[place]
        before = self._taken.coins[leg.gift_id, leg.lot_id]
        if before + leg.coins > slice_coins:
            raise ImpossibleLegError("more would be taken back than the lot had paid")
        covered = 0
        if leg.reason in UNDOING or matures_on > self._at.astimezone(UTC).date():
            wanted = share(earned, slice_coins, before, leg.coins)
            free = (
                self._held_of(accrual, leg.lot_id)
                if leg.gift_id in self._frozen
                else self._free.get((leg.creator_id, matures_on, accrual.rate_version), 0)
            )
            covered = leg.coins if wanted <= free else leg.coins * free // wanted
        return Clawback(
            leg,
            covered,
            share(earned, slice_coins, before, covered),
            matures_on,
            accrual.rate_version,
            self._at,
        )

    def _give_back(self, leg: Leg) -> Clawback | None:
        """Who lost last gets back first: others bore what the creator did not, and come before."""
        standing = self._legs.get(leg.leg_id)
        if standing is None:
            return None
        taken, before = standing
        if before + leg.coins > taken.leg.coins:
            raise ImpossibleLegError("more would be given back than was taken")
        uncovered = taken.leg.coins - taken.covered_coins
        returned = max(before - uncovered, 0)
        covered = max(before + leg.coins - uncovered, 0) - returned
        return Clawback(
            leg,
            covered,
            share(taken.micro_diamonds, taken.covered_coins, returned, covered),
            taken.matures_on,
            taken.rate_version,
            self._at,
        )

    def _note(self, clawback: Clawback) -> None:
        leg = clawback.leg
        self._known[leg.entry_id] = leg
        leg_id = leg.leg_id
        if leg.gives_back:
            taken, returned = self._legs[leg_id]
            self._legs[leg_id] = _OfLeg(taken, returned + leg.coins)
        else:
            self._legs[leg_id] = _OfLeg(clawback, 0)
        self._taken.add(clawback)


def share(amount: int, coins: int, before: int, part: int) -> int:
    """Of an amount for so many coins, what falls to a part of them that comes after others.

    Rounded so that the shares of all parts are exactly the amount, however it is cut.
    """
    if not part:
        return 0
    return amount * (before + part) // coins - amount * before // coins
