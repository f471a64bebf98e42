"""Who is owed what of payouts: creators, agencies, the tax office; written to be obviously right.

Nothing is shared with payouts but the names of things and the numbers: a list of what happened, of
which every question is answered anew.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Literal
from uuid import UUID

from support.money.creator_model import Day
from support.money.shop import CENTS_PER_MICRO_DIAMOND, FEE_SHARE, FIXED_FEE_MINOR, HOLD_DAYS

type Status = Literal["QUEUED", "HELD", "PAID", "RETURNED", "CANCELED"]

BACKUP, FOREIGN = Fraction(24, 100), Fraction(30, 100)


@dataclass
class ModelForm:
    """A tax form that was found to be right."""

    share: Fraction
    """That is withheld while it is valid."""
    undeclared_share: Fraction
    """That is withheld when it is not any more."""
    expires_on: date | None
    """The first day on which it does not hold."""
    is_rejected: bool = False


@dataclass(eq=False)
class ModelPayout:
    """What was promised."""

    payout_id: UUID
    owner: str
    method_id: UUID
    gross: int
    own: int
    """What is not agencies'."""
    commissions: dict[str, int]
    withheld_share: Fraction
    correction: int
    """Of what was withheld earlier."""
    micro_diamonds: int
    due_at: datetime
    got: Counter[Day] = field(default_factory=Counter[Day])
    """The diamonds, by when they were safe."""
    status: Status = "QUEUED"
    paid_at: datetime | None = None
    corrected: int = 0
    """Of what it withheld, given to its owner later."""

    @property
    def withheld(self) -> int:
        """For the tax office."""
        return floor(self.own * self.withheld_share)

    @property
    def net(self) -> int:
        """What arrives but for corrections."""
        return self.own - FIXED_FEE_MINOR - floor(self.own * FEE_SHARE) - self.withheld

    @property
    def stands(self) -> bool:
        """Whether what it carries is gone."""
        return self.status in ("QUEUED", "HELD", "PAID")

    @property
    def tax(self) -> int:
        """What the tax office is owed of it."""
        return self.withheld - self.corrected if self.status == "PAID" else 0


@dataclass
class PayoutModel:
    """All payouts, forms and contracts."""

    payouts: list[ModelPayout] = field(default_factory=list[ModelPayout])
    forms: dict[str, ModelForm] = field(default_factory=dict[str, ModelForm])
    methods: dict[str, UUID] = field(default_factory=dict[str, UUID])
    """By owner, the one that is in use."""
    contracts: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    """By creator and agency what is in force, the oldest first."""

    def agree(self, creator: str, agency: str, share: Fraction) -> None:
        """A newer contract takes an older one's place."""
        self.part(creator, agency)
        self.contracts.setdefault(creator, {})[agency] = share

    def part(self, creator: str, agency: str) -> None:
        """No contract comes back."""
        self.contracts.get(creator, {}).pop(agency, None)

    def is_declared(self, owner: str, on: date) -> bool:
        """Whether a form is valid."""
        form = self.forms.get(owner)
        if form is None or form.is_rejected:
            return False
        return form.expires_on is None or on < form.expires_on

    def withheld_share(self, owner: str, on: date) -> Fraction:
        """Of whoever has declared nothing, what is withheld at home."""
        form = self.forms.get(owner)
        if form is None:
            return BACKUP
        return form.share if self.is_declared(owner, on) else form.undeclared_share

    def quote(self, payout_id: UUID, creator: str, asked: int, at: datetime) -> ModelPayout:
        """What asking for so many micro-diamonds comes to; to be kept where it is granted."""
        gross = floor(asked * CENTS_PER_MICRO_DIAMOND)
        contracts = self.contracts.get(creator, {})
        shares = [1 - sum(contracts.values(), Fraction(0)), *contracts.values()]
        own, *others = _split(gross, shares)
        return self._quote(
            payout_id,
            creator,
            gross,
            own,
            dict(zip(contracts, others, strict=True)),
            ceil(gross / CENTS_PER_MICRO_DIAMOND),
            at,
        )

    def quote_commission(
        self, payout_id: UUID, agency: str, amount: int, at: datetime
    ) -> ModelPayout:
        """The same of an agency's own money."""
        return self._quote(payout_id, agency, amount, amount, {}, 0, at)

    def _quote(
        self,
        payout_id: UUID,
        owner: str,
        gross: int,
        own: int,
        commissions: dict[str, int],
        micro_diamonds: int,
        at: datetime,
    ) -> ModelPayout:
        quoted = ModelPayout(
            payout_id,
            owner,
            self.methods[owner],
            gross,
            own,
            commissions,
            self.withheld_share(owner, at.date()),
            0,
            micro_diamonds,
            at,
        )
        # A cent arrives at least, however much was corrected in vain.
        quoted.correction = max(self.due(owner), 1 - quoted.net)
        return quoted

    def pay(self, at: datetime) -> None:
        """What is due is paid, unless too little is withheld by now."""
        for each in self.payouts:
            if each.status != "QUEUED" or each.due_at > at:
                continue
            if self.asks_for_more(each, at.date()):
                each.status = "HELD"
            else:
                each.status, each.paid_at = "PAID", at

    def asks_for_more(self, payout: ModelPayout, on: date) -> bool:
        """Whether more would have to be withheld by now."""
        return self.withheld_share(payout.owner, on) > payout.withheld_share

    def in_status(self, status: Status) -> list[ModelPayout]:
        """The oldest first."""
        return [each for each in self.payouts if each.status == status]

    def excess(self, payout: ModelPayout, on: date) -> int:
        """What was withheld too much, as long as the tax office has not been told of the year."""
        if payout.paid_at is None or payout.paid_at.year != on.year:
            return 0
        if payout.tax == 0 or not self.is_declared(payout.owner, on):
            return 0
        return max(payout.tax - floor(payout.own * self.withheld_share(payout.owner, on)), 0)

    def due(self, owner: str) -> int:
        """What corrections make an owner be owed; below zero what they owe."""
        return sum(
            each.corrected * (each.status == "PAID") - each.correction * each.stands
            for each in self.payouts
            if each.owner == owner
        )

    def tax(self, owner: str) -> dict[int, int]:
        """What the tax office is owed, by year."""
        years: dict[int, int] = {}
        for each in self.payouts:
            if each.owner == owner and each.tax:
                assert each.paid_at is not None
                years[each.paid_at.year] = years.get(each.paid_at.year, 0) + each.tax
        return years

    def commission(self, agency: str, at: datetime) -> tuple[int, int]:
        """What an agency may ask for, and what it has to wait for."""
        available = pending = 0
        for each in self.payouts:
            if each.status == "PAID" and agency in each.commissions:
                assert each.paid_at is not None
                if each.paid_at + timedelta(days=HOLD_DAYS) <= at:
                    available += each.commissions[agency]
                else:
                    pending += each.commissions[agency]
            if each.owner == agency and each.stands:
                available -= each.gross
        return available, pending


def _split(whole: int, shares: list[Fraction]) -> list[int]:
    """Cents by largest remainder: one after the other to who lacks most, the first of equals."""
    parts = [floor(whole * share) for share in shares]
    for _ in range(whole - sum(parts)):
        lacks = [whole * share - part for share, part in zip(shares, parts, strict=True)]
        parts[lacks.index(max(lacks))] += 1
    return parts
