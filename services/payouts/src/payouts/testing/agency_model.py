"""Who is owed what of payouts that agencies share in, the slow way (C47, E44).

Written apart: everything is a list, every sum is added up anew, shares are fractions, and of the
product nothing is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

WHOLE_BPS = 10_000
MICRO_DIAMONDS_PER_CENT = 2_000_000


class Money(NamedTuple):
    """A currency as the model knows it."""

    name: str
    minor_per_cent: int
    """How many of its minor units a US cent is."""
    increment_minor: int


@dataclass
class Gift:
    """What a creator got."""

    micro_diamonds: int
    safe_on: date
    is_taken_back: bool = False


@dataclass
class Agreement:
    """What a creator has accepted."""

    agency_id: str
    bps: int
    begins: datetime
    ended: datetime | None = None

    @property
    def counts(self) -> bool:
        """Whether it was not ended before it had begun."""
        return self.ended is None or self.ended > self.begins


@dataclass
class Payment:
    """A payout of the creator's."""

    micro_diamonds: int
    parts_minor: Mapping[str, int]
    """Of agencies."""
    paid_at: datetime | None = None
    is_over: bool = False
    """It did not arrive, or came back."""


@dataclass
class Collection:
    """A payout of an agency's."""

    agency_id: str
    amount_minor: int
    is_over: bool = False


@dataclass
class AgencyModel:
    """A creator and agencies; what happened, in the order in which it did."""

    money: Money
    most_bps: int
    hold: timedelta
    gifts: list[Gift] = field(default_factory=list[Gift])
    agreements: list[Agreement] = field(default_factory=list[Agreement])
    payments: dict[UUID, Payment] = field(default_factory=dict[UUID, Payment])
    collections: dict[UUID, Collection] = field(default_factory=dict[UUID, Collection])

    # ------------------------------------------------------------------- earnings

    def available(self, now: datetime) -> int:
        """Micro-diamonds that are safe and in no payout."""
        safe = sum(
            gift.micro_diamonds
            for gift in self.gifts
            if not gift.is_taken_back and gift.safe_on <= now.date()
        )
        return safe - sum(
            each.micro_diamonds for each in self.payments.values() if not each.is_over
        )

    def pending(self, now: datetime) -> int:
        """Micro-diamonds that may still be taken back."""
        return sum(
            gift.micro_diamonds
            for gift in self.gifts
            if not gift.is_taken_back and gift.safe_on > now.date()
        )

    def gross_minor(self, micro_diamonds: int) -> int:
        """What diamonds are worth, in whole increments."""
        worth = Fraction(micro_diamonds, MICRO_DIAMONDS_PER_CENT) * self.money.minor_per_cent
        return int(worth / self.money.increment_minor) * self.money.increment_minor

    def micro_diamonds(self, gross_minor: int) -> int:
        """The fewest that are worth as much."""
        needed = Fraction(gross_minor, self.money.minor_per_cent) * MICRO_DIAMONDS_PER_CENT
        return -int(-needed // 1)

    # ------------------------------------------------------------------- shares

    def in_force(self, now: datetime) -> Sequence[Agreement]:
        """With each agency the one that began last, if it has not ended; oldest first."""
        found: list[Agreement] = []
        for agency_id in {each.agency_id for each in self.agreements}:
            begun = [
                each
                for each in self.agreements
                if each.agency_id == agency_id and each.counts and each.begins <= now
            ]
            last = max(
                begun, key=lambda each: (each.begins, self.agreements.index(each)), default=None
            )
            if last is not None and last.ended is None:
                found.append(last)
        return sorted(found, key=lambda each: (each.begins, self.agreements.index(each)))

    def can_agree(self, agreement: Agreement, now: datetime) -> bool:
        """Whether agencies never have more than they may, if this is accepted too."""
        then = AgencyModel(self.money, self.most_bps, self.hold)
        then.agreements = [*self.agreements, agreement]
        moments = {now, *(each.begins for each in then.agreements if each.begins > now)}
        return all(
            sum(each.bps for each in then.in_force(moment)) <= self.most_bps for moment in moments
        )

    def split(self, gross_minor: int, now: datetime) -> tuple[int, Mapping[str, int]]:
        """The creator's part and the agencies': one increment after another to whoever lacks most
        of their exact share, the creator first among equals."""
        agreed = self.in_force(now)
        units = gross_minor // self.money.increment_minor
        own_bps = WHOLE_BPS - sum(each.bps for each in agreed)
        exact = [Fraction(units * bps, WHOLE_BPS) for bps in (own_bps, *(a.bps for a in agreed))]
        given = [int(share) for share in exact]
        while sum(given) < units:
            lacking = [share - had for share, had in zip(exact, given, strict=True)]
            given[lacking.index(max(lacking))] += 1
        own, *parts = (each * self.money.increment_minor for each in given)
        return own, {each.agency_id: part for each, part in zip(agreed, parts, strict=True)}

    # ------------------------------------------------------------------- commissions

    def owed(self, agency_id: str, now: datetime) -> tuple[int, int]:
        """What an agency can be paid, below zero what it owes, and what it has to wait for."""
        available_minor = pending_minor = 0
        for payment in self.payments.values():
            if payment.paid_at is not None and not payment.is_over:
                part_minor = payment.parts_minor.get(agency_id, 0)
                if payment.paid_at + self.hold <= now:
                    available_minor += part_minor
                else:
                    pending_minor += part_minor
        collected_minor = sum(
            each.amount_minor
            for each in self.collections.values()
            if each.agency_id == agency_id and not each.is_over
        )
        return available_minor - collected_minor, pending_minor

    def earned(self, agency_id: str) -> int:
        """Of the creator's payouts that were paid and did not come back."""
        return sum(
            each.parts_minor.get(agency_id, 0)
            for each in self.payments.values()
            if each.paid_at is not None and not each.is_over
        )
