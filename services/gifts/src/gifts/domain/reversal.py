"""What is taken back of gifts with their payments or by who sent them, and given back of that."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.wallet.v1 import ReversalReason
from gifts.domain.gift import GiftStatus
from gifts.domain.room_ledger import Taken

type LegId = tuple[UUID, int]
"""The reversal and the place in it."""


class Leg(NamedTuple):
    """Coins taken back of a gift, or given back to it; the fields are the columns."""

    reversal_id: UUID
    position: int
    cause_id: UUID
    """The reversal itself, or the reinstatement that gives back what it took."""
    gift_id: UUID
    creator_id: str
    lot_id: int
    """Which of the lots that paid for the gift."""
    coins: int
    reason: ReversalReason
    told_at: datetime

    @property
    def leg_id(self) -> LegId:
        """What was taken, whether this takes it or gives it back."""
        return self.reversal_id, self.position

    @property
    def gives_back(self) -> bool:
        """Whether it is of a reinstatement."""
        return self.cause_id != self.reversal_id

    @property
    def taken_coins(self) -> int:
        """What it takes of the gift; negative where it gives back."""
        return -self.coins if self.gives_back else self.coins


class Standing(NamedTuple):
    """How a gift stands, with what waits for it."""

    gift_id: UUID
    creator_id: str
    status: GiftStatus
    price_coins: int
    reversed_coins: int


class GivenGift(NamedTuple):
    """What matters of a gift that was sent, where it is counted."""

    gift_id: UUID
    creator_id: str
    sender_id: str
    sent_at: datetime
    item_id: str
    pieces: int
    room_id: UUID | None
    """None: it was sent to something else."""


class ImpossibleLegError(ValueError):
    """It cannot be true; the message says why."""


class Booking(NamedTuple):
    """What comes of some legs."""

    booked: Sequence[Leg]
    """Those that change their gifts now."""
    waiting: Sequence[Leg]
    """Those whose gifts are PENDING."""


class Books:
    """Gifts and the legs that are known of them, in memory, while more are added."""

    def __init__(self, standings: Iterable[Standing], known: Iterable[Leg]) -> None:
        """Args:
        standings: Of all gifts that legs will name, as far as there are any.
        known: What was booked or waits of all legs that will be named.
        """
        self._gifts = {gift.gift_id: gift for gift in standings}
        self._known = {(leg.reversal_id, leg.position, leg.cause_id): leg for leg in known}
        self._taken: Counter[LegId] = Counter()
        for leg in self._known.values():
            self._taken[leg.leg_id] += leg.taken_coins

    def add(self, legs: Sequence[Leg]) -> Booking:
        """Add the legs of one event: all of them, or none. What is known has no second effect.

        Raises:
            ImpossibleLegError: One contradicts its gift or what was told before. Nothing is added.
        """
        fresh = [leg for leg in legs if not self._is_known(leg)]
        of_gifts: Counter[UUID] = Counter()
        for leg in fresh:
            gift = self._gifts.get(leg.gift_id)
            if gift is None or gift.creator_id != leg.creator_id or gift.status == "REFUSED":
                raise ImpossibleLegError(f"gift {leg.gift_id} was never sent to {leg.creator_id}")
            if leg.coins > self._taken[leg.leg_id] and leg.gives_back:
                raise ImpossibleLegError(
                    f"more would be given back of gift {leg.gift_id} than was taken"
                )
            of_gifts[leg.gift_id] += leg.taken_coins
        for gift_id, coins in of_gifts.items():
            if self._gifts[gift_id].reversed_coins + coins > self._gifts[gift_id].price_coins:
                raise ImpossibleLegError(f"more would be taken back of gift {gift_id} than it cost")
        for leg in fresh:
            self._known[leg.reversal_id, leg.position, leg.cause_id] = leg
            self._taken[leg.leg_id] += leg.taken_coins
        for gift_id, coins in of_gifts.items():
            gift = self._gifts[gift_id]
            self._gifts[gift_id] = gift._replace(reversed_coins=gift.reversed_coins + coins)
        waits = {gift_id for gift_id in of_gifts if self._gifts[gift_id].status == "PENDING"}
        return Booking(
            [leg for leg in fresh if leg.gift_id not in waits],
            [leg for leg in fresh if leg.gift_id in waits],
        )

    def _is_known(self, leg: Leg) -> bool:
        known = self._known.get((leg.reversal_id, leg.position, leg.cause_id))
        if known not in (None, leg):
            raise ImpossibleLegError(
                f"leg {leg.position} of reversal {leg.reversal_id} was told before, differently"
            )
        return known is not None


class Correction(NamedTuple):
    """What changes of a creator's total."""

    coins: int
    gifts: int


def corrections(standings: Iterable[Standing], legs: Sequence[Leg]) -> Mapping[str, Correction]:
    """By how much creators' totals rise when `legs` are booked; each in the order of the ids.

    Coins are those that were not taken back; a gift counts while any of its coins is left.

    Args:
        standings: Of the gifts, without these legs; what waits for them is none of it.
        legs: Of gifts that were sent.
    """
    of_gifts = _taken_of(legs)
    coins: Counter[str] = Counter()
    gifts: Counter[str] = Counter()
    for gift in standings:
        taken = of_gifts[gift.gift_id]
        coins[gift.creator_id] -= taken
        gifts[gift.creator_id] -= _ended(gift, taken)
    return {
        creator_id: Correction(coins[creator_id], gifts[creator_id]) for creator_id in sorted(coins)
    }


def losses(
    standings: Iterable[Standing], given: Iterable[GivenGift], legs: Sequence[Leg]
) -> list[Taken]:
    """What rooms lose when `legs` are booked: see `corrections`."""
    of_gifts = _taken_of(legs)
    known = {gift.gift_id: gift for gift in standings}
    taken: list[Taken] = []
    for gift in given:
        coins = of_gifts[gift.gift_id]
        ended = _ended(known[gift.gift_id], coins)
        if coins and gift.room_id is not None:
            taken.append(
                Taken(
                    gift.room_id,
                    gift.sender_id,
                    gift.item_id,
                    ended * gift.pieces,
                    coins,
                    ended,
                    gift.gift_id,
                )
            )
    return taken


def ends(standings: Iterable[Standing], legs: Sequence[Leg]) -> dict[UUID, bool]:
    """The gifts of which nothing is left when `legs` are booked (True), or something is again."""
    of_gifts = _taken_of(legs)
    ended = {gift.gift_id: _ended(gift, of_gifts[gift.gift_id]) for gift in standings}
    return {gift_id: change > 0 for gift_id, change in ended.items() if change}


def _taken_of(legs: Sequence[Leg]) -> Counter[UUID]:
    """What legs take of each gift, together."""
    of_gifts: Counter[UUID] = Counter()
    for leg in legs:
        of_gifts[leg.gift_id] += leg.taken_coins
    return of_gifts


def _ended(gift: Standing, taken: int) -> int:
    """1: nothing of a gift is left by this; -1: something is again; 0: it is as before."""
    was_there = gift.reversed_coins < gift.price_coins
    is_there = gift.reversed_coins + taken < gift.price_coins
    return was_there - is_there
