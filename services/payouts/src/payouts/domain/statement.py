"""What a creator earned, lost and was paid in a month, as it was known at a moment (C46, I4)."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self
from uuid import UUID

from payouts.domain.payout import PayoutStatus, shown_reason

_PERIOD: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class Period(NamedTuple):
    """A calendar month, in UTC: no clock is put back there (E29)."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From a form such as `2026-11`.

        Raises:
            ValueError: It has another form.
        """
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise ValueError("a period has the form 2026-11")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: date) -> Self:
        """The month of a day, or of a moment in UTC."""
        return cls(moment.year, moment.month)

    @property
    def first_day(self) -> date:
        """As the database names the month."""
        return date(self.year, self.month, 1)

    @property
    def starts(self) -> datetime:
        """The first moment of it."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return self.moved(1).starts

    def moved(self, months: int) -> "Period":
        """The month so many later; earlier, if negative."""
        year, month = divmod(12 * self.year + self.month - 1 + months, 12)
        return Period(year, month + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


class Scope(NamedTuple):
    """Which entries of the journals a statement holds: the same for ever, whenever it is asked."""

    period: Period
    known_at: datetime
    """The moment of the mark that says what was known."""
    known: str
    """The mark's snapshot."""
    before: str | None
    """What was known when the month before was closed; None where none was."""
    recorded_from: str
    """No entry of it was recorded by a transaction before this one."""
    form: int
    """Of its document: the newest when it was known, which it keeps."""
    is_closed: bool
    """The month was over and closed at the mark: nothing can be added any more."""


class LineKind(StrEnum):
    """What a line does to the balance."""

    EARNED = "EARNED"
    REVERSED = "REVERSED"
    PAID_OUT = "PAID_OUT"
    GIVEN_BACK = "GIVEN_BACK"
    COMMISSION = "COMMISSION"
    """Of a payout of somebody else's, for an agency: moves no diamonds."""
    COMMISSION_RETURNED = "COMMISSION_RETURNED"


class PayoutMoney(NamedTuple):
    """What a line of a payout is in money: below zero where it is given back."""

    currency: str
    gross_minor: int
    fees_minor: int
    withheld_minor: int
    withheld_because: str | None
    """The line of the withholding table; None of payouts from before there was one."""
    correction_minor: int
    """Of what was withheld earlier: arrives besides; below zero it does not."""
    net_minor: int
    commission_minor: int = 0
    """What agencies get of it."""


class CommissionMoney(NamedTuple):
    """What a line of an agency's is in money: below zero where it came back."""

    currency: str
    amount_minor: int
    creator_id: str
    """Of whose payout."""


class Line(NamedTuple):
    """One entry of a creator's journals, as a statement shows it."""

    at: datetime
    entry_id: UUID
    """A gift, or a payout."""
    step: int
    kind: LineKind
    micro_diamonds: int
    """What it adds to the balance: less than zero where it takes away."""
    gift_id: UUID | None
    payout_status: PayoutStatus | None
    recorded_reason: str | None
    belongs_to: datetime
    money: PayoutMoney | None = None
    commission: CommissionMoney | None = None

    @property
    def key(self) -> "LineKey":
        """Its place among the lines of the statement."""
        return (self.at, self.entry_id, self.step)

    @property
    def reason(self) -> str | None:
        """Why, as far as creators are told."""
        if self.payout_status is None:
            return self.recorded_reason
        return shown_reason(self.payout_status, self.recorded_reason)

    def adjusts(self, period: Period) -> Period | None:
        """The earlier month that a line of `period` belongs to; None if it is its own."""
        of = Period.of(self.belongs_to)
        return of if of < period else None


type LineKey = tuple[datetime, UUID, int]


class Totals(NamedTuple):
    """What the lines of a statement come to, in micro-diamonds."""

    opening: int
    """The closing of the month before."""
    earned: int
    reversed: int
    """What was taken back from it."""
    paid_out: int
    """Reserved by payouts less what those gave back that did not arrive; may be below zero."""

    @property
    def closing(self) -> int:
        """What is the creator's at the end."""
        return self.opening + self.earned - self.reversed - self.paid_out


class Statement(NamedTuple):
    """A statement, issued or of a month that still runs."""

    creator_id: str
    number: int | None
    """Counts the creator's statements from one; None until it is issued."""
    scope: Scope
    totals: Totals
    sha256: str | None
    """Of its document, once it is issued."""


class UnsettledError(Exception):
    """A statement was asked for as of a moment that may still become known otherwise."""

    def __init__(self, newest: datetime | None) -> None:
        super().__init__(newest)
        self.newest = newest
        """The latest moment of which it is settled what was known; None: there is none."""
