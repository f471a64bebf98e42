"""What the daily report says; docs/runbooks/daily.md describes the form for programs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from checker.report import Report

FORM: Final = 1
"""Of the report for programs. Within a form there are only additions."""

CLASSES: Final = ("purchased", "bonus", "earned", "granted")
MATURITIES: Final = (
    *("available", "within_7_days", "within_30_days", "within_120_days"),
    "later",
)
"""By when diamonds mature; each without those before it."""
STATUSES: Final = ("REQUESTED", "HELD", "QUEUED", "SUBMITTED")
"""Of payouts that are open, in the order in which they pass them."""

type Verdict = Literal["clean", "overdue", "breach"]


class Money(msgspec.Struct, frozen=True):
    """What was paid for coins that are outstanding."""

    currency: str
    coins: int
    amount_minor: int


class Coins(msgspec.Struct, frozen=True):
    """What the house owes in coins, and what it is owed."""

    outstanding: Mapping[str, int]
    """By class; each is named."""
    outstanding_coins: int
    money_behind: tuple[Money, ...]
    """Of purchased coins, by currency."""
    held_by_disputes_coins: int
    """Taken back and not decided: of whom they will be is open."""
    viewer_debt_coins: int
    asked_of_creators_coins: int
    """Taken back of gifts; payouts has not said yet what creators bear of it."""
    borne_by_reserve_coins: int
    lost_by_platform_coins: int


class Owed(msgspec.Struct, frozen=True):
    """Diamonds that are in no payout, and their worth."""

    matures: str
    currency: str
    micro_diamonds: int
    worth_minor: int


class Reserved(msgspec.Struct, frozen=True):
    """Payouts of one status and currency that are not paid."""

    status: str
    currency: str
    worth_currency: str
    payouts: int
    micro_diamonds: int
    worth_minor: int
    gross_minor: int
    net_minor: int


class Diamonds(msgspec.Struct, frozen=True):
    """What the house owes creators."""

    owed: tuple[Owed, ...]
    """By maturity and currency, in the order of `MATURITIES`; what is nothing is left out."""
    reserved: tuple[Reserved, ...]
    """In the order of `STATUSES`."""
    held_micro_diamonds: int
    """Of gifts that their creators froze."""
    owed_micro_diamonds: int
    """All of it, reserved, held or not."""


class Waiting(msgspec.Struct, frozen=True):
    """One thing that waits."""

    what: str
    """What it is and its id, such as `payout 0198…`."""
    since: datetime
    age_s: int
    due_at: datetime | None
    """From when on it is overdue; None: never."""
    overdue: bool
    details: Mapping[str, str | int | bool]
    """What else is known of it."""


class Queue(msgspec.Struct, frozen=True):
    """Things of a kind that wait, the oldest of them by name."""

    waiting: int
    overdue: int
    oldest: tuple[Waiting, ...]


class Daily(msgspec.Struct, frozen=True):
    """The report of a day."""

    at: datetime
    """As of when it is: ages are counted from here."""
    coins: Coins | None
    """None where the wallet was not looked at."""
    diamonds: Diamonds | None
    """None where payouts was not looked at."""
    queues: Mapping[str, Queue]
    """By name; those of services that were not looked at are left out."""
    dead_letters: Mapping[str, int]
    """By service: records that were set aside."""

    @property
    def overdue(self) -> int:
        """How many things have waited for too long."""
        return sum(queue.overdue for queue in self.queues.values())


def verdict(report: Report, daily: Daily) -> Verdict:
    """How it went, in a word."""
    if not report.clean:
        return "breach"
    return "overdue" if daily.overdue else "clean"


def to_json(report: Report, daily: Daily) -> bytes:
    """The report for programs."""
    document = {
        "form": FORM,
        "verdict": verdict(report, daily),
        "overdue": daily.overdue,
        **msgspec.to_builtins(daily),
        "books": report.to_builtins(),
    }
    return msgspec.json.format(msgspec.json.encode(document))
