"""Events that gifts publishes: what it asks the wallet to charge, and the gifts that came of it."""

from typing import Literal
from uuid import UUID

from contracts.event import Event, Instant, PositiveCoins, Region, Topic, UserId, event
from contracts.wallet.v1 import ClaimKind, LotSlice, ReversalReason, UndoReason

CHARGE = Topic(
    name="gifts.charge.v1",
    key="payer id",
    description="What gifts asks the wallet to take from viewers. One payer, one partition.",
)
GIFT = Topic(
    name="gifts.gift.v1",
    key="creator id",
    description="Gifts that were paid for, and what is taken back of them. One creator, one "
    "partition.",
)

AgeBand = Literal["adult", "supervised"]
"""What a token vouches for: of age where the payer lives; of age, and a guardian has a say."""


@event(CHARGE, type="gifts.charge_requested.v1", key="payer_id")
class ChargeRequested(Event, frozen=True, omit_defaults=True):
    """Take coins from a payer for a purpose, once.

    The wallet answers with exactly one `ChargePosted` or `ChargeRefused` of the same `charge_id`,
    however often the request is delivered.
    """

    charge_id: UUID
    """The gift's own id: made by the client, kept through every retry."""
    payer_id: UserId
    order_key: str
    """The key of the answer: answers that must keep their order share it; here the creator."""
    coins: PositiveCoins
    purpose: Literal["gift"] = "gift"
    payer_region: Region | None = None
    """Where the payer lives, as their token said when they asked; none: it said nothing."""
    payer_age: AgeBand | None = None
    """And how old they are; none: it said nothing. Whoever does not say meets the lowest caps."""


@event(CHARGE, type="gifts.undo_requested.v1", key="payer_id")
class UndoRequested(Event, frozen=True, omit_defaults=True):
    """Give a charge back to who was charged, as if it had never been.

    The wallet undoes a charge once, however often that is asked for, and says so with
    `ChargeUndone`. Of a charge that was refused, or of which nothing is left, it says nothing.
    """

    charge_id: UUID
    """Asked for before, on this topic."""
    payer_id: UserId
    """As in the request of the charge."""
    order_key: str
    """As in the request of the charge."""
    asked_at: Instant
    reason: UndoReason = "undo"
    operator_id: UserId | None = None
    """Who decided it, where it was an operator."""


@event(GIFT, type="gifts.gift_sent.v1", key="creator_id")
class GiftSent(Event, frozen=True, omit_defaults=True):
    """A gift was charged and belongs to the creator. Published once per gift."""

    gift_id: UUID
    sender_id: UserId
    creator_id: UserId
    item_id: str
    count: int
    price_coins: PositiveCoins
    """What was charged for all `count` pieces: the price frozen when the gift was requested."""
    catalogue_version: int
    target_kind: Literal["video", "room"]
    target_id: str
    slices: tuple[LotSlice, ...]
    """Which lots paid; their coins add up to `price_coins`."""
    sent_at: Instant


@event(GIFT, type="gifts.gift_reversed.v1", key="creator_id")
class GiftReversed(Event, frozen=True, omit_defaults=True):
    """Coins that had paid for a gift were taken back, with their payment or by who had sent it.

    Published once per leg of a reversal that a creator is asked for. It may come before the gift
    itself: whoever applies both has to let it wait.
    """

    reversal_id: UUID
    position: int
    """Of the leg in its reversal, from 0. Both name it."""
    gift_id: UUID
    creator_id: UserId
    lot_id: int
    """The lot that had paid."""
    coins: PositiveCoins
    """Of what that lot had paid for the gift: all, or a part."""
    reason: ReversalReason
    reversed_at: Instant


@event(GIFT, type="gifts.gift_reinstated.v1", key="creator_id")
class GiftReinstated(Event, frozen=True, omit_defaults=True):
    """Coins that had been taken back of a gift are given back, once. It may come before that."""

    reinstatement_id: UUID
    reversal_id: UUID
    """With the position, the leg of which they had been taken."""
    position: int
    gift_id: UUID
    creator_id: UserId
    lot_id: int
    coins: PositiveCoins
    """Given back now: all of the leg, or a part."""
    reason: ClaimKind
    reinstated_at: Instant
