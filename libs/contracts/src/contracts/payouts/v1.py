"""Events that payouts publishes: what creators have earned, and what leaves for them."""

from typing import Annotated
from uuid import UUID

import msgspec

from contracts.event import (
    COINS_MAX,
    Coins,
    Event,
    Instant,
    MicroDiamonds,
    Topic,
    UserId,
    event,
)

EARNING = Topic(
    name="payouts.earning.v1",
    key="creator id",
    description="What creators earned. One creator, one partition.",
)
DIAMONDS = Topic(
    name="payouts.diamonds.v1",
    key="creator id",
    description="Creators' diamonds after they moved or matured; the newest `version` wins.",
)
PAYOUT = Topic(
    name="payouts.payout.v1",
    key="creator id",
    description="Payouts as they move on. Nothing of where the money goes is in any of them.",
)
CLAWBACK = Topic(
    name="payouts.clawback.v1",
    key="creator id",
    description="What creators bear of payments that are taken back. One creator, one partition.",
)

QUARANTINE = Topic(
    name="payouts.quarantine.v1",
    key="creator id",
    description="Gifts that their creators froze, and what operators decided. One creator, one "
    "partition.",
)

AmountMinor = Annotated[int, msgspec.Meta(gt=0, le=COINS_MAX)]
"""Whole minor units of the currency beside it."""


@event(EARNING, type="payouts.earning_accrued.v1", key="creator_id")
class EarningAccrued(Event, frozen=True, omit_defaults=True):
    """A creator earned diamonds from one or more gifts that were accrued in one commit."""

    creator_id: UserId
    gifts: int
    """How many gifts this accrual holds."""
    micro_diamonds: MicroDiamonds
    """What these gifts earned."""
    lifetime_micro_diamonds: MicroDiamonds
    """All that the creator has ever earned, after this accrual."""
    rate_version: int
    as_of: Instant


@event(DIAMONDS, type="payouts.earnings_changed.v1", key="creator_id")
class EarningsChanged(Event, frozen=True, omit_defaults=True):
    """What of a creator's diamonds is pending and what is available, as questions are answered.

    Published once per creator and commit that moves them, and when a day begins on which some
    mature. What payouts hold or have paid is in neither.
    """

    creator_id: UserId
    version: int
    """Rises with every event of the creator: an older version never replaces a newer."""
    pending_micro_diamonds: MicroDiamonds
    available_micro_diamonds: MicroDiamonds
    as_of: Instant
    """What has matured by the day (UTC) of it is available."""


@event(CLAWBACK, type="payouts.clawback_settled.v1", key="creator_id")
class ClawbackSettled(Event, frozen=True, omit_defaults=True):
    """How much a creator bears of a leg of a reversal, or gets back of it. Told once for each.

    Covered and uncovered coins add up to what was asked for. What had matured or was paid is not
    covered: somebody else bears it. Of a reinstatement the uncovered part comes first.
    """

    reversal_id: UUID
    position: int
    """Of the leg in its reversal. Both name it."""
    creator_id: UserId
    gift_id: UUID
    lot_id: int
    covered_coins: Coins
    uncovered_coins: Coins
    micro_diamonds: MicroDiamonds
    """What the covered coins had earned: taken of the creator, or given back."""
    settled_at: Instant
    reinstatement_id: UUID | None = None
    """What gives back; none: it was taken."""


@event(QUARANTINE, type="payouts.gift_quarantined.v1", key="creator_id")
class GiftQuarantined(Event, frozen=True, omit_defaults=True):
    """A creator froze a gift that looks wrong. Its diamonds are held until somebody decides.

    It says nothing against the creator: whoever rates them leaves the gift out.
    """

    quarantine_id: UUID
    gift_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    """What is held."""
    frozen_at: Instant


@event(QUARANTINE, type="payouts.gift_released.v1", key="creator_id")
class GiftReleased(Event, frozen=True, omit_defaults=True):
    """An operator found nothing wrong with a frozen gift: it is as if it had never been frozen."""

    quarantine_id: UUID
    gift_id: UUID
    creator_id: UserId
    released_at: Instant


@event(QUARANTINE, type="payouts.gift_returned.v1", key="creator_id")
class GiftReturned(Event, frozen=True, omit_defaults=True):
    """An operator has a frozen gift given back to its sender. It is to be undone."""

    quarantine_id: UUID
    gift_id: UUID
    creator_id: UserId
    operator_id: UserId
    returned_at: Instant


@event(PAYOUT, type="payouts.payout_requested.v1", key="creator_id")
class PayoutRequested(Event, frozen=True, omit_defaults=True):
    """A creator asked for a payout, and its diamonds are reserved."""

    payout_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    """What is reserved. The same in each event of the payout; zero of an agency's commissions."""
    currency: str
    gross_minor: AmountMinor
    net_minor: AmountMinor
    """What is to arrive: gross without commissions, fees and what is withheld, with what is
    corrected of it."""
    at: Instant


@event(PAYOUT, type="payouts.payout_submitted.v1", key="creator_id")
class PayoutSubmitted(Event, frozen=True, omit_defaults=True):
    """The payout is being handed to its rail; it can no longer be canceled."""

    payout_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    at: Instant


@event(PAYOUT, type="payouts.payout_paid.v1", key="creator_id")
class PayoutPaid(Event, frozen=True, omit_defaults=True):
    """The rail says that the money has arrived. It may still be returned."""

    payout_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    currency: str
    net_minor: AmountMinor
    at: Instant


@event(PAYOUT, type="payouts.payout_canceled.v1", key="creator_id")
class PayoutCanceled(Event, frozen=True, omit_defaults=True):
    """The payout was never sent; its diamonds are the creator's again."""

    payout_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    at: Instant
    reason: str


@event(PAYOUT, type="payouts.payout_failed.v1", key="creator_id")
class PayoutFailed(Event, frozen=True, omit_defaults=True):
    """The rail refused the payout; its diamonds are the creator's again."""

    payout_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    at: Instant
    reason: str


@event(PAYOUT, type="payouts.payout_returned.v1", key="creator_id")
class PayoutReturned(Event, frozen=True, omit_defaults=True):
    """The money had arrived and came back; its diamonds are the creator's again, fees included."""

    payout_id: UUID
    creator_id: UserId
    micro_diamonds: MicroDiamonds
    at: Instant
    reason: str
