"""Events that the wallet publishes: answers to charges, purchases and balances."""

from typing import Literal
from uuid import UUID

import msgspec

from contracts.event import Coins, Event, Instant, PositiveCoins, Topic, UserId, event

CHARGE = Topic(
    name="wallet.charge.v1",
    key="order key of the request",
    description="The wallet's answers to requested charges.",
)
PURCHASE = Topic(
    name="wallet.purchase.v1",
    key="user id",
    description="Coins that viewers bought, and what was taken back and given back of them.",
)
BALANCE = Topic(
    name="wallet.balance.v1",
    key="user id",
    description="Balances after they moved; the newest `version` of a user wins.",
)

LotClass = Literal["purchased", "bonus", "earned", "granted"]
"""Where coins came from. The class follows a coin to the diamond it becomes (E54)."""


class LotSlice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Coins that one lot contributed to a charge."""

    lot_id: int
    lot_class: LotClass
    coins: PositiveCoins
    refundable_until: Instant
    """Until when the payment behind the lot may be taken back: the earliest maturity of what
    these coins become."""


@event(CHARGE, type="wallet.charge_posted.v1", key="order_key")
class ChargePosted(Event, frozen=True, omit_defaults=True):
    """Coins were taken from the payer, once, for the purpose named in the request."""

    charge_id: UUID
    payer_id: UserId
    order_key: str
    coins: PositiveCoins
    slices: tuple[LotSlice, ...]
    """Which lots paid, in the order consumed; their coins add up to `coins`."""
    posted_at: Instant


LimitName = Literal[
    "day", "week", "creator_day", "platform_day", "platform_week", "per_transaction"
]
"""Which limit. The payer's own: coins in any 24 hours, in any 7 days, on one creator in any 24
hours. The platform's, by the payer's region and age: the first two again, and for one charge."""


class ReachedLimit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A limit that a charge did not fit in: the payer's own or the platform's."""

    name: LimitName
    coins: PositiveCoins
    spent_coins: Coins
    """What was spent in the limit's window before; 0 where it is for one charge."""
    frees_up_at: Instant | None = None
    """When the charge would fit, if nothing else were spent; none: it is higher than the limit."""


@event(CHARGE, type="wallet.charge_refused.v1", key="order_key")
class ChargeRefused(Event, frozen=True, omit_defaults=True):
    """Nothing was taken. The refusal is final for this `charge_id`: a retry gets it again."""

    charge_id: UUID
    payer_id: UserId
    order_key: str
    reason: Literal["insufficient_coins", "charge_conflict", "spend_limit_reached"]
    needed_coins: Coins
    balance_coins: Coins
    refused_at: Instant
    limit: ReachedLimit | None = None
    """With `spend_limit_reached`: the limit."""


class PurchasedLot(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A lot that a purchase created."""

    lot_id: int
    lot_class: LotClass
    coins: PositiveCoins
    refundable_until: Instant
    expires_at: Instant | None = None


@event(PURCHASE, type="wallet.coins_purchased.v1", key="user_id")
class CoinsPurchased(Event, frozen=True, omit_defaults=True):
    """A payment arrived and its coins were credited, once."""

    purchase_id: UUID
    user_id: UserId
    bundle_id: str
    price_book_version: int
    provider: str
    payment_id: str
    amount_minor: int
    currency: str
    lots: tuple[PurchasedLot, ...]
    credited_at: Instant


ClaimKind = Literal["refund", "void", "chargeback", "minor_refund"]
"""Why money goes back to who paid."""
UndoReason = Literal["undo", "quarantine"]
"""Why a charge is undone: its payer wanted that, or an operator has a frozen gift returned."""
ReversalReason = Literal["refund", "void", "chargeback", "minor_refund", "undo", "quarantine"]
"""Why coins of a gift are taken back: those of both."""
LegKind = Literal[
    "unspent",
    "expired",
    "repaid",
    "payer_debt",
    "creator_unmatured",
    "reserve",
    "platform_loss",
]
"""Who bears what is taken back."""


class ReversedLeg(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one loses by a reversal."""

    position: int
    """In the waterfall, from 0. With the reversal's id it names the leg."""
    kind: LegKind
    coins: PositiveCoins
    lot_id: int
    """The purchase's lot that these coins were of."""
    party: UserId | None = None
    """The user who loses them; none where it is the platform."""
    charge_id: UUID | None = None
    """What they had been spent on, where its creator loses them or single gifts are undone."""


@event(PURCHASE, type="wallet.purchase_reversed.v1", key="user_id")
class PurchaseReversed(Event, frozen=True, omit_defaults=True):
    """Coins of a purchase were taken back, leg by leg. Told in parts where there are many legs."""

    reversal_id: UUID
    purchase_id: UUID
    user_id: UserId
    """Who bought."""
    kind: ClaimKind
    amount_minor: int
    """What goes back of the payment by this reversal."""
    currency: str
    coins: Coins
    """Of all parts."""
    is_held: bool
    """Not decided yet: a dispute is open, and all of it may be given back."""
    policy_version: int
    part: int
    """From 1."""
    parts: int
    legs: tuple[ReversedLeg, ...]
    """Of this part."""
    reversed_at: Instant


class ReinstatedLeg(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is given back of a leg."""

    reversal_id: UUID
    """Whose leg."""
    position: int
    kind: LegKind
    coins: PositiveCoins
    """Given back now: all of the leg, or a part."""
    lot_id: int
    party: UserId | None = None
    charge_id: UUID | None = None


@event(PURCHASE, type="wallet.purchase_reinstated.v1", key="user_id")
class PurchaseReinstated(Event, frozen=True, omit_defaults=True):
    """What reversals had taken was given back, once. Told in parts where there are many legs."""

    reinstatement_id: UUID
    purchase_id: UUID
    user_id: UserId
    kind: ClaimKind
    amount_minor: int
    currency: str
    coins: Coins
    """Of all parts."""
    part: int
    parts: int
    legs: tuple[ReinstatedLeg, ...]
    reinstated_at: Instant


class UndoneLeg(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What of a charge went back to one of the lots that had paid."""

    position: int
    """With the reversal's id it names the leg."""
    lot_id: int
    coins: PositiveCoins


@event(PURCHASE, type="wallet.charge_undone.v1", key="user_id")
class ChargeUndone(Event, frozen=True, omit_defaults=True):
    """A charge was given back to who was charged, as far as it was not taken back before. Once.

    Reversals of payments behind it that somebody had borne because of the charge are told anew,
    before and after: see decision 0051.
    """

    reversal_id: UUID
    """Of this; no purchase is reversed by it."""
    charge_id: UUID
    user_id: UserId
    """Who was charged."""
    order_key: str
    """Of the charge: who loses what it had given."""
    coins: PositiveCoins
    legs: tuple[UndoneLeg, ...]
    """Their coins add up to `coins`."""
    reason: UndoReason
    undone_at: Instant


@event(BALANCE, type="wallet.balance_changed.v1", key="user_id")
class BalanceChanged(Event, frozen=True, omit_defaults=True):
    """A user's balance after one or more movements. Published once per user and commit."""

    user_id: UserId
    version: int
    """Rises with every movement of the user's coins: an older version never replaces a newer."""
    coins: Coins
    as_of: Instant
    cause: Literal["charge", "purchase", "expiry", "reversal", "reinstatement"]
    debt_coins: Coins = 0
