"""How far a purchase has come, and the one table of moves between states."""

from collections.abc import Iterator
from itertools import permutations
from typing import Final, Literal

type PurchaseStatus = Literal[
    "CREATED",
    "PENDING",
    "DECLINED",
    "PAID",
    "CREDITED",
    "DISPUTED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
    "CHARGED_BACK",
    "VOIDED",
]

_CREDITED: Final[tuple[PurchaseStatus, ...]] = (
    "CREDITED",
    "DISPUTED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
    "CHARGED_BACK",
    "VOIDED",
)
UNPAID: Final[frozenset[PurchaseStatus]] = frozenset({"CREATED", "PENDING", "DECLINED"})


def _moves() -> Iterator[tuple[PurchaseStatus, PurchaseStatus]]:
    yield "CREATED", "PENDING"
    yield "CREATED", "PAID"  # the provider was faster than its own answer to us
    yield "CREATED", "DECLINED"
    yield "PENDING", "PAID"
    yield "PENDING", "DECLINED"
    yield "DECLINED", "PAID"  # money that arrives is credited, whatever was said before
    yield "PAID", "CREDITED"
    for before, after in permutations(_CREDITED, 2):
        if before != "VOIDED":  # there never was a payment: nothing more comes of it
            yield before, after


MOVES: Final = frozenset(_moves())
"""Every move that there is; the table `purchase_move` holds the same."""
