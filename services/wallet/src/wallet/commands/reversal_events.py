"""What the wallet tells of reversals, in events that stay small however many gifts they touch."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Final, Literal

from contracts.event import Event
from contracts.wallet.v1 import (
    BalanceChanged,
    ChargeUndone,
    PurchaseReinstated,
    PurchaseReversed,
    ReinstatedLeg,
    ReversedLeg,
    UndoneLeg,
)
from wallet.domain.claims import Claim
from wallet.domain.ledger import Head
from wallet.domain.purchase import Purchase
from wallet.domain.reversal import Leg
from wallet.store.reinstatements import Reinstatement, ReturnedLeg
from wallet.store.reversals import Reversal
from wallet.store.undos import Undone

LEGS_MAX: Final = 500
"""Per event, about 100 KB of JSON: a purchase may have paid for ten thousand gifts."""


def reversed_(purchase: Purchase, reversal: Reversal, legs: Sequence[Leg]) -> Sequence[Event]:
    """A reversal, told in as many parts as its legs need."""
    told = [
        ReversedLeg(
            position=position,
            kind=leg.kind,
            coins=leg.coins,
            lot_id=leg.lot_id,
            party=leg.party,
            charge_id=leg.charge_id,
        )
        for position, leg in enumerate(legs)
    ]
    parts = list(batched(told, LEGS_MAX)) or [()]
    return [
        PurchaseReversed(
            reversal_id=reversal.reversal_id,
            purchase_id=purchase.purchase_id,
            user_id=purchase.user_id,
            kind=reversal.kind,
            amount_minor=reversal.amount_minor,
            currency=purchase.currency,
            coins=reversal.coins,
            is_held=reversal.is_held,
            policy_version=reversal.policy_version,
            part=number,
            parts=len(parts),
            legs=part,
            reversed_at=reversal.booked_at,
        )
        for number, part in enumerate(parts, start=1)
    ]


def reinstated(
    purchase: Purchase, claim: Claim, reinstatement: Reinstatement, legs: Sequence[ReturnedLeg]
) -> Sequence[Event]:
    """A reinstatement, told in as many parts as its legs need."""
    told = [
        ReinstatedLeg(
            reversal_id=each.taken.reversal_id,
            position=each.taken.position,
            kind=each.taken.leg.kind,
            coins=each.taken.leg.coins,
            lot_id=each.taken.leg.lot_id,
            party=each.taken.leg.party,
            charge_id=each.taken.leg.charge_id,
        )
        for each in legs
    ]
    parts = list(batched(told, LEGS_MAX)) or [()]
    return [
        PurchaseReinstated(
            reinstatement_id=reinstatement.reinstatement_id,
            purchase_id=purchase.purchase_id,
            user_id=purchase.user_id,
            kind=claim.kind,
            amount_minor=reinstatement.amount_minor,
            currency=purchase.currency,
            coins=reinstatement.coins,
            part=number,
            parts=len(parts),
            legs=part,
            reinstated_at=reinstatement.booked_at,
        )
        for number, part in enumerate(parts, start=1)
    ]


def undone(charge: Undone, at: datetime) -> Event:
    """A charge that is undone: few lots have paid it."""
    return ChargeUndone(
        reversal_id=charge.reversal_id,
        charge_id=charge.charge_id,
        user_id=charge.payer_id,
        order_key=charge.order_key,
        coins=charge.coins,
        legs=tuple(
            UndoneLeg(position, leg.lot_id, leg.coins) for position, leg in enumerate(charge.legs)
        ),
        reason=charge.reason,
        undone_at=at,
    )


def balance_after(
    before: Head, after: Head, cause: Literal["reversal", "reinstatement"], at: datetime
) -> Sequence[Event]:
    """The new balance, where it has moved."""
    if after.version == before.version:
        return ()
    return [BalanceChanged(after.owner_id, after.version, after.coins, at, cause, after.debt_coins)]
