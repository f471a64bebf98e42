"""What stores wait for, each by a deadline: that a purchase is consumed, or how far it was used."""

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from wallet.domain.purchase import Purchase

type ErrandKind = Literal["consume", "tell_usage"]
"""`consume`: tell the store that the coins were delivered, or it gives the money back and does not
sell the product to the buyer again. `tell_usage`: say how much of the coins was spent."""

type ErrandOutcome = Literal["done", "needless", "withheld", "refused", "missed"]
"""`needless`: it was done before, or the payment was taken back. `withheld`: the buyer does not
agree. `refused`: the store will not have it. `missed`: the deadline passed."""

PROBLEMS: Final[frozenset[ErrandOutcome]] = frozenset({"refused", "missed"})
"""Ends that a person must look at."""

WITHIN: Final[dict[ErrandKind, timedelta]] = {
    # https://developer.android.com/google/play/billing/integrate#process
    "consume": timedelta(days=3),
    # https://developer.apple.com/documentation/appstoreserverapi/send-consumption-information
    "tell_usage": timedelta(hours=12),
}
"""How long the stores wait: rules of theirs."""
LATE_AFTER: Final = 4
"""An errand is late after this part of its time: most of it is then left to see to it."""

_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=30)
_DOUBLINGS_MAX: Final = 10

CONSUMES: Final = frozenset({"google_play"})
"""Providers that want to be told of each delivery."""


class Errand(NamedTuple):
    """Something to do for a store; the fields are columns."""

    provider: str
    kind: ErrandKind
    cause: str
    """Why: the id of the purchase, or of the event that asks."""
    purchase_id: UUID
    payment_id: str
    asked_at: datetime
    late_at: datetime
    deadline_at: datetime

    def is_missed(self, at: datetime) -> bool:
        """Whether it is too late for it."""
        return at >= self.deadline_at


class Usage(NamedTuple):
    """How far the coins of a purchase were used."""

    coins: int
    """Credited, bonus included; 0 where nothing was."""
    spent_coins: int
    """What of them was charged. Coins that expired or were taken back were not used."""
    consents: bool
    """Whether the buyer agrees that the store is told."""

    @property
    def spent_milli_percent(self) -> int:
        """The share that was spent, in thousandths of a percent, rounded down."""
        return self.spent_coins * 100_000 // self.coins if self.coins else 0


def errand(
    kind: ErrandKind, purchase: Purchase, payment_id: str, *, cause: str, at: datetime
) -> Errand:
    """What a store waits for from now on."""
    within = WITHIN[kind]
    return Errand(
        provider=purchase.provider,
        kind=kind,
        cause=cause,
        purchase_id=purchase.purchase_id,
        payment_id=payment_id,
        asked_at=at,
        late_at=at + within / LATE_AFTER,
        deadline_at=at + within,
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait for the next try, after so many."""
    return min(_FIRST_PAUSE * 2 ** min(attempts, _DOUBLINGS_MAX), _LONGEST_PAUSE)
