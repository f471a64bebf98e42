"""Book charges as undone: what goes back to lots, and what claims take of it instead."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from chassis.ids import derived_id
from contracts.event import Event
from wallet.commands.book_reinstatement import give_back
from wallet.commands.reversal_events import reinstated, reversed_, undone
from wallet.commands.write_entries import write_journal
from wallet.domain.claims import BookedClaim
from wallet.domain.entries import Entries
from wallet.domain.ledger import BREAKAGE, CREATOR_CLAIM, REVERSAL_CLEARING, Head, issuer
from wallet.domain.lots import Lot, has_lot_expired
from wallet.domain.purchase import Purchase
from wallet.domain.reversal import Leg
from wallet.domain.reversal_policy import policy_in_force
from wallet.domain.undo import ClaimedLeg, Slice, Undo, UndoRequest
from wallet.store import reinstatements, reversals, undos
from wallet.store.reinstatements import Reinstatement, ReturnedLeg
from wallet.store.reversal_policies import published_policies
from wallet.store.reversals import Reversal
from wallet.store.undos import Undone, UndoneLeg


class Swap(NamedTuple):
    """What a claim gives back of a charge, and takes of its unspent coins instead."""

    purchase_id: UUID
    claim: str
    is_held: bool


class UndoCase:
    """A charge while it is undone."""

    def __init__(
        self,
        request: UndoRequest,
        undo: Undo,
        head: Head,
        bought: Mapping[UUID, Purchase],
        booked: Mapping[UUID, Sequence[BookedClaim]],
        at: datetime,
    ) -> None:
        self.request = request
        self.bought = bought
        self.reversal_id = derived_id(request.charge_id, "undo")
        self.entries = Entries(head, self.reversal_id, at=at)
        self.legs = [_put_back(self.entries, each, at) for each in undo.slices]
        self.lots: Mapping[int, Lot] = {lot.lot_id: lot for lot, _ in undo.slices}
        self.swaps: dict[Swap, list[ClaimedLeg]] = {}
        for each in undo.swaps:
            swap = Swap(each.purchase_id, each.claim, each.taken.is_held)
            self.swaps.setdefault(swap, []).append(each)
        self._booked = booked

    def claim_of(self, swap: Swap) -> BookedClaim:
        """The claim of a swap, with what is booked for it."""
        return next(
            each for each in self._booked[swap.purchase_id] if each.claim.claim == swap.claim
        )

    def amount_minor(self, swap: Swap) -> int:
        """Of the payment, what the coins of a swap stand for: from 1 to what is booked."""
        purchase = self.bought[swap.purchase_id]
        coins = sum(each.taken.leg.coins for each in self.swaps[swap])
        share = purchase.amount_minor * coins // (purchase.coins + purchase.bonus_coins)
        return min(max(share, 1), self.claim_of(swap).booked_minor)

    def id_of(self, swap: Swap, what: str) -> UUID:
        """Of what is booked of a swap."""
        held = "held" if swap.is_held else "booked"
        return derived_id(self.reversal_id, f"{what}:{swap.purchase_id}:{swap.claim}:{held}")

    @property
    def actor(self) -> str:
        """Who undoes it: its sender, or the operator who has a frozen gift returned."""
        if self.request.operator_id is not None:
            return f"quarantine:{self.request.operator_id}"
        return f"sender:{self.request.payer_id}"

    def undone(self) -> Undone:
        """What is noted of the charge, when all entries are made."""
        head = self.entries.head
        return Undone(
            self.reversal_id,
            self.request.charge_id,
            head.account_id,
            head.version,
            self.request.payer_id,
            self.actor,
            self.request.order_key,
            self.request.reason,
            self.request.asked_at,
            self.legs,
        )


def _put_back(entries: Entries, each: Slice, at: datetime) -> UndoneLeg:
    lot, coins = each
    is_expired = has_lot_expired(lot, at)
    if is_expired:
        entries.transfer(CREATOR_CLAIM, BREAKAGE, coins)
    else:
        entries.put(lot, coins, CREATOR_CLAIM)
    return UndoneLeg(coins, lot.lot_id, is_expired)


async def book_undos(conn: Conn, cases: Sequence[UndoCase], at: datetime) -> Sequence[Event]:
    """Write charges as undone, without system accounts; returns what to tell, in order.

    First what others get back, then the charges, then what is taken instead.

    Args:
        conn: An open transaction that holds the payers' accounts locked.
        cases: Each of another payer; nothing of them is written yet.
        at: Now.
    """
    events: list[Event] = []
    for case in cases:
        for swap in case.swaps:
            events += await _give_back(conn, case, swap, at)
    retaken = [(case, swap, _take_instead(case, swap, at)) for case in cases for swap in case.swaps]
    policy = policy_in_force(published_policies(), at)
    noted = [case.undone() for case in cases]
    await undos.insert_undos(conn, noted, policy_version=policy.version, at=at)
    events += [undone(each, at) for each in noted]
    if retaken:
        booked = [
            (_reversal(case, swap, legs, policy.version, at), legs) for case, swap, legs in retaken
        ]
        await reversals.insert_reversals(conn, booked)
        for (case, swap, _), (reversal, legs) in zip(retaken, booked, strict=True):
            events += reversed_(case.bought[swap.purchase_id], reversal, legs)
    await write_journal(conn, [case.entries for case in cases])
    return events


async def _give_back(conn: Conn, case: UndoCase, swap: Swap, at: datetime) -> Sequence[Event]:
    """Who bore something for want of the charge's coins gets it back."""
    purchase = case.bought[swap.purchase_id]
    returned = [
        await give_back(
            conn,
            case.entries,
            each.taken,
            case.lots[each.taken.leg.lot_id],
            purchase.currency,
            at,
        )
        for each in case.swaps[swap]
    ]
    reinstatement = Reinstatement(
        case.id_of(swap, "reinstatement"),
        swap.purchase_id,
        swap.claim,
        case.amount_minor(swap),
        _coins(returned),
        case.actor,
        at,
    )
    await reinstatements.insert_reinstatement(conn, reinstatement, returned)
    return reinstated(purchase, case.claim_of(swap).claim, reinstatement, returned)


def _coins(returned: Sequence[ReturnedLeg]) -> int:
    return sum(each.taken.leg.coins for each in returned)


def _take_instead(case: UndoCase, swap: Swap, at: datetime) -> list[Leg]:
    """Take coins of the lots to which the charge's have just come back."""
    wanted: Counter[int] = Counter()
    for each in case.swaps[swap]:
        wanted[each.taken.leg.lot_id] += each.taken.leg.coins
    currency = case.bought[swap.purchase_id].currency
    legs: list[Leg] = []
    for lot_id, coins in wanted.items():
        lot = case.lots[lot_id]
        if has_lot_expired(lot, at):
            case.entries.transfer(BREAKAGE, REVERSAL_CLEARING, coins)
            legs.append(Leg("expired", coins, lot_id))
        else:
            case.entries.take("reversal", lot, coins, REVERSAL_CLEARING)
            legs.append(Leg("unspent", coins, lot_id, case.request.payer_id))
        if not swap.is_held:
            case.entries.transfer(REVERSAL_CLEARING, issuer(lot.lot_class, currency), coins)
    return legs


def _reversal(
    case: UndoCase, swap: Swap, legs: Sequence[Leg], policy_version: int, at: datetime
) -> Reversal:
    return Reversal(
        case.id_of(swap, "reversal"),
        swap.purchase_id,
        swap.claim,
        case.claim_of(swap).claim.kind,
        case.amount_minor(swap),
        sum(leg.coins for leg in legs),
        policy_version,
        swap.is_held,
        case.actor,
        None,
        at,
    )
