"""What it takes to undo a charge, so that everything stands as if it had never been.

Its coins go back to the lots that had paid. Where a payment behind those lots was taken back
meanwhile, somebody bore it because the coins were spent: without the charge they would have been
there to take. So who bore it gets back what they had lost, and the coins are taken instead.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from contracts.wallet.v1 import UndoReason
from wallet.domain.claims import ClaimKind
from wallet.domain.ledger import Movement
from wallet.domain.lots import Lot
from wallet.domain.reinstatement import TakenLeg

_BORNE: Final = ("payer_debt", "creator_unmatured", "reserve", "platform_loss")
"""By whom a leg is borne that would have been of unspent coins, had there been any."""


class UndoRequest(Protocol):
    """Give a charge back."""

    @property
    def charge_id(self) -> UUID:
        """Asked for before."""
        ...

    @property
    def payer_id(self) -> str:
        """Who was charged."""
        ...

    @property
    def order_key(self) -> str:
        """Of the request of the charge."""
        ...

    @property
    def asked_at(self) -> datetime:
        """When."""
        ...

    @property
    def reason(self) -> UndoReason:
        """Why."""
        ...

    @property
    def operator_id(self) -> str | None:
        """Who decided it, where it was an operator."""
        ...


class Slice(NamedTuple):
    """What a lot had paid of a charge."""

    lot: Lot
    coins: int


class ClaimedLeg(NamedTuple):
    """A booked leg, as far as it was not given back, and the claim that it was taken for."""

    purchase_id: UUID
    claim: str
    kind: ClaimKind
    taken: TakenLeg


class Undo(NamedTuple):
    """What a charge gives back."""

    slices: Sequence[Slice]
    """To which lots, and how much: all that was not refunded of this very charge."""
    swaps: Sequence[ClaimedLeg]
    """Legs, each with as many coins as are taken of what goes back to its lot instead."""


def slices_of(charge: Movement, lots: Iterable[Lot]) -> list[Slice]:
    """What paid a posted charge, of lots among which are all that did."""
    known = {lot.lot_id: lot for lot in lots}
    if charge.lot_ids is not None and charge.lot_coins is not None:
        return [
            Slice(known[lot_id], coins)
            for lot_id, coins in zip(charge.lot_ids, charge.lot_coins, strict=True)
        ]
    assert charge.lot_id is not None, "a posted charge was paid"
    return [Slice(known[charge.lot_id], -charge.coins)]


def plan_undo(charge_id: UUID, slices: Sequence[Slice], taken: Sequence[ClaimedLeg]) -> Undo:
    """What undoing a charge gives back.

    A refund of single gifts took its share of this very gift, and money went back for it: that is
    gone. Any other reversal took coins of a lot, whoever had them.

    Args:
        charge_id: Posted, and not undone.
        slices: What paid it.
        taken: What is taken of these lots, in the order booked.
    """
    back: list[Slice] = []
    swaps: list[ClaimedLeg] = []
    for lot, coins in slices:
        of_lot = [each for each in taken if each.taken.leg.lot_id == lot.lot_id]
        rest = coins - sum(
            each.taken.leg.coins
            for each in of_lot
            if each.kind == "minor_refund" and each.taken.leg.charge_id == charge_id
        )
        if rest:
            back.append(Slice(lot, rest))
            swaps += _swapped(charge_id, rest, of_lot)
    return Undo(back, swaps)


def _swapped(charge_id: UUID, coins: int, of_lot: Sequence[ClaimedLeg]) -> list[ClaimedLeg]:
    """Legs that `coins` unspent coins bear instead: the charge's own, then who lost last."""
    borne = [
        each
        for each in reversed(of_lot)
        if each.kind != "minor_refund" and each.taken.leg.kind in _BORNE
    ]
    borne.sort(key=lambda each: each.taken.leg.charge_id != charge_id)
    swapped: list[ClaimedLeg] = []
    for each in borne:
        part = min(each.taken.leg.coins, coins)
        if part:
            coins -= part
            swapped.append(each._replace(taken=each.taken.part(part)))
    return swapped
