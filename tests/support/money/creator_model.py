"""What creators have of gifts, coin by coin, written to be obviously right.

Nothing is shared with payouts but numbers: a bought coin is half a diamond, a bonus coin a quarter,
in millionths. Each coin knows from which day on it is the creator's for good.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

WORTH = {"purchased": 500_000, "bonus": 250_000}
"""Micro-diamonds per coin."""

type Slice = tuple[UUID, int]
"""The gift, and the lot that paid for a part of it."""
type LegId = tuple[UUID, int]
type Day = tuple[str, date]
"""What of a creator is safe from a day on."""


@dataclass
class Part:
    """The coins of one lot in one gift."""

    creator: str
    worth: int
    safe_from: date
    given: int
    """Coins that it began with."""
    coins: int
    """That the creator still has."""


@dataclass
class Leg:
    """Coins that a creator was asked for."""

    part: Part
    covered: int
    """Taken of the creator."""
    uncovered: int
    """Safe already, or gone: somebody else bears them."""


@dataclass
class CreatorModel:
    """All creators. What is told twice counts once."""

    parts: dict[Slice, Part] = field(default_factory=dict[Slice, Part])
    legs: dict[LegId, Leg] = field(default_factory=dict[LegId, Leg])
    seen: set[tuple[LegId, UUID]] = field(default_factory=set[tuple[LegId, UUID]])
    paid: Counter[Day] = field(default_factory=Counter[Day])
    """Micro-diamonds that payouts have."""

    def give(self, gift: UUID, creator: str, slices: list[tuple[int, str, date, int]]) -> None:
        """A gift arrives: by lot its class, when it is safe, and its coins."""
        for lot, lot_class, safe_from, coins in slices:
            self.parts.setdefault(
                (gift, lot), Part(creator, WORTH[lot_class], safe_from, coins, coins)
            )

    def take(self, leg: LegId, slice_: Slice, coins: int, today: date, *, is_undone: bool) -> None:
        """Coins are asked for: what is not safe yet goes, as far as payouts have not got it. Of a
        gift that its sender undoes, what is safe goes too.

        They have some where they were asked by a clock that runs ahead.
        """
        if (leg, leg[0]) in self.seen:
            return
        self.seen.add((leg, leg[0]))
        part = self.parts[slice_]
        covered = 0
        if is_undone or part.safe_from > today:
            free = self.free((part.creator, part.safe_from))
            wanted = coins * part.worth
            covered = coins if wanted <= free else coins * free // wanted
        part.coins -= covered
        self.legs[leg] = Leg(part, covered=covered, uncovered=coins - covered)

    def give_back(self, leg: LegId, cause: UUID, coins: int) -> None:
        """What others bear is given back first, then what the creator does."""
        if (leg, cause) in self.seen:
            return
        self.seen.add((leg, cause))
        taken = self.legs[leg]
        of_others = min(coins, taken.uncovered)
        taken.uncovered -= of_others
        taken.covered -= coins - of_others
        taken.part.coins += coins - of_others

    def asked(self, part: Part) -> int:
        """Coins of a part that were asked for and not given back, whoever bears them."""
        return sum(leg.covered + leg.uncovered for leg in self.legs.values() if leg.part is part)

    def has(self, creator: str) -> int:
        """All that is the creator's, paid or not, in micro-diamonds."""
        return sum(
            part.coins * part.worth for part in self.parts.values() if part.creator == creator
        )

    def free(self, day: Day) -> int:
        """What becomes safe on a day and is not with any payout."""
        earned = sum(
            part.coins * part.worth
            for part in self.parts.values()
            if (part.creator, part.safe_from) == day
        )
        return earned - self.paid[day]

    def days(self, creator: str, today: date) -> list[Day]:
        """The days by which something is safe, the oldest first."""
        days = {part.safe_from for part in self.parts.values() if part.creator == creator}
        return [(creator, day) for day in sorted(days) if day <= today]

    def available(self, creator: str, today: date) -> int:
        """What is safe and not with any payout."""
        return sum(self.free(day) for day in self.days(creator, today))

    def reserve(self, creator: str, amount: int, today: date) -> Counter[Day]:
        """A payout gets what was safe first; returns what it has got."""
        got: Counter[Day] = Counter()
        for day in self.days(creator, today):
            got[day] = min(self.free(day), amount - got.total())
        self.paid.update(got)
        return got

    def release(self, got: Counter[Day]) -> None:
        """A payout gives that back."""
        self.paid.subtract(got)

    def has_been_paid(self, creator: str) -> int:
        """What payouts have."""
        return sum(amount for (whose, _), amount in self.paid.items() if whose == creator)

    def covered(self, reversal: UUID) -> int:
        """Coins of a reversal that creators bear."""
        return sum(leg.covered for (of, _), leg in self.legs.items() if of == reversal)

    def uncovered(self, reversal: UUID) -> int:
        """Coins that creators were asked for and others bear."""
        return sum(leg.uncovered for (of, _), leg in self.legs.items() if of == reversal)
