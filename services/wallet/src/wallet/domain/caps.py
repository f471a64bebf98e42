"""Platform caps: what nobody may spend more than, by where they live and how old they are (C17).

Caps are part of the spend policy. See decision 0022.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple, Protocol

import msgspec

from contracts.event import PositiveCoins
from contracts.gifts.v1 import AgeBand

type Region = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
type Listed[Value] = Annotated[tuple[Value, ...], msgspec.Meta(min_length=1)]


class CapTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many coins may be spent."""

    charge_coins: PositiveCoins
    """In one charge."""
    day_coins: PositiveCoins
    """In any 24 hours."""
    week_coins: PositiveCoins
    """In any 7 days."""


class CapRow(CapTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Caps, and for whom they are."""

    regions: Listed[Region] | None = None
    """None: for all."""
    ages: Listed[AgeBand] | None = None
    """None: for all."""

    def is_for(self, region: str, age: str) -> bool:
        """Whether somebody who lives there and is as old meets this row, if none before it."""
        return (self.regions is None or region in self.regions) and (
            self.ages is None or age in self.ages
        )


class CapTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The caps of a policy."""

    rows: Annotated[tuple[CapRow, ...], msgspec.Meta(min_length=1)]
    """The first that is for somebody is theirs; the last is for everybody."""
    unknown: CapTerms
    """Of whoever's region or age is not told: nowhere higher than any row."""

    def terms(self) -> Sequence[CapTerms]:
        """All of them, in the order in which they are numbered."""
        return (*self.rows, self.unknown)


class Caps(msgspec.Struct, frozen=True, gc=False):
    """The caps that a charge meets."""

    caps_id: int | None
    """Under which they are stored; None: there are none."""
    charge_coins: int
    day_coins: int
    week_coins: int
    low_coins: int
    """Who has not spent as much in a week has reached neither the day's nor the week's."""


_UNREACHABLE: Final = 2**62
NO_CAPS: Final = Caps(None, _UNREACHABLE, _UNREACHABLE, _UNREACHABLE, _UNREACHABLE)
"""Before the first policy that has any."""


class Capped(Protocol):
    """A charge, as far as caps ask."""

    @property
    def payer_region(self) -> str | None:
        """Where the payer lives, if that is known."""
        ...

    @property
    def payer_age(self) -> str | None:
        """How old they are, if that is known."""
        ...


class CapPolicy:
    """The caps of a version of the policy, found by region and age."""

    def __init__(
        self, effective_from: datetime, table: CapTable | None, ids: Sequence[int]
    ) -> None:
        """`ids`: of the table's terms, in their order."""
        self.effective_from = effective_from
        self._table = table
        if table is None:
            self._caps: Sequence[Caps] = [NO_CAPS]
        else:
            self._caps = [
                _numbered(caps_id, terms) for caps_id, terms in zip(ids, table.terms(), strict=True)
            ]
        # As many as there are regions, at most.
        self._known: dict[tuple[str | None, str | None], Caps] = {}

    def met_by(self, charges: Iterable[Capped]) -> list[Caps]:
        """The caps of each charge."""
        known = self._known
        payers = [(charge.payer_region, charge.payer_age) for charge in charges]
        for payer in set(payers) - known.keys():
            known[payer] = self._find(*payer)
        return [known[payer] for payer in payers]

    def _find(self, region: str | None, age: str | None) -> Caps:
        if self._table is None or region is None or age is None:
            return self._caps[-1]
        for row, caps in zip(self._table.rows, self._caps, strict=False):
            if row.is_for(region, age):
                return caps
        raise AssertionError("the last row is for everybody")


def _numbered(caps_id: int, terms: CapTerms) -> Caps:
    return Caps(
        caps_id,
        terms.charge_coins,
        terms.day_coins,
        terms.week_coins,
        min(terms.day_coins, terms.week_coins),
    )


UNCAPPED: Final = CapPolicy(datetime.min.replace(tzinfo=UTC), None, ())
"""Before the first version is in force."""


class CapPolicies(NamedTuple):
    """All versions."""

    versions: Sequence[CapPolicy]
    """Oldest first."""

    def in_force(self, at: datetime) -> CapPolicy:
        """The one in force at a moment."""
        for policy in reversed(self.versions):
            if policy.effective_from <= at:
                return policy
        return UNCAPPED


def problem_of(table: CapTable) -> str | None:
    """Which rule the caps of a policy break, if they do."""
    last = table.rows[-1]
    if last.regions is not None or last.ages is not None:
        return "the last row of the caps must be for everybody"
    unknown = _plain(table.unknown)
    for number, row in enumerate(table.rows):
        if any(less > coins for less, coins in zip(unknown, _plain(row), strict=True)):
            return f"who says nothing must not be allowed more than row {number} of the caps"
    for terms in table.terms():
        if not terms.charge_coins <= terms.day_coins <= terms.week_coins:
            return "a cap on a charge must not exceed the day's, nor that the week's"
    return None


def _plain(terms: CapTerms) -> tuple[int, int, int]:
    return terms.charge_coins, terms.day_coins, terms.week_coins
