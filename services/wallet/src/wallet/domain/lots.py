"""Lots: coins with one origin, and the order in which a wallet spends them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

type LotClass = Literal["purchased", "bonus", "earned", "granted"]

COINS_MAX: Final = 2**53 - 1
"""Of any amount or balance: each client reads it exactly as a JSON number."""

_RANK: Final = {"earned": 0, "bonus": 1, "granted": 2, "purchased": 3}
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Lot(msgspec.Struct, frozen=True, gc=False):
    """What is the same for a lot's whole life. What is left of it stands in its account."""

    lot_id: int
    lot_class: LotClass
    refundable_until: datetime
    """Until when the payment behind the coins may be taken back."""
    expires_at: datetime | None
    """From this instant on the coins are gone; None: never."""


def spending_order(lot: Lot) -> tuple[datetime, int, int]:
    """Sorts lots in the declared order in which they are spent.

    Expiring ones first, the next to expire before the others; then earned, bonus, granted and
    purchased coins; within each first in, first out. Expired lots therefore come before all others.
    """
    return (lot.expires_at or _NEVER, _RANK[lot.lot_class], lot.lot_id)


def place(lots: Sequence[Lot], lot: Lot) -> int:
    """The index at which a new lot joins lots that are in spending order."""
    key = spending_order(lot)
    return sum(1 for other in lots if spending_order(other) < key)


def has_lot_expired(lot: Lot, at: datetime) -> bool:
    """Whether the lot's coins are gone by `at`."""
    return lot.expires_at is not None and lot.expires_at <= at
