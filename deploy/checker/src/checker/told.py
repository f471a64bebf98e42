"""What the topics tell, taken down event by event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker import facts
from checker.facts import Pile
from checker.frames import FramesTold
from contracts.dead_letter import v1 as dead_letter
from contracts.event import Event, Topic
from contracts.gifts import live
from contracts.gifts import v1 as gifts
from contracts.payouts import v1 as payouts
from contracts.wallet import v1 as wallet

type PayoutMoved = (
    payouts.PayoutRequested
    | payouts.PayoutSubmitted
    | payouts.PayoutPaid
    | payouts.PayoutCanceled
    | payouts.PayoutFailed
    | payouts.PayoutReturned
)

_STATUS: Mapping[type[Event], str] = {
    payouts.PayoutRequested: "REQUESTED",
    payouts.PayoutSubmitted: "SUBMITTED",
    payouts.PayoutPaid: "PAID",
    payouts.PayoutCanceled: "CANCELED",
    payouts.PayoutFailed: "FAILED",
    payouts.PayoutReturned: "RETURNED",
}
"""What an event says that a payout became."""


@dataclass(slots=True)
class EarningsTold:
    """Follows what was told of each creator's earnings, event by event."""

    lifetimes: dict[str, int] = field(default_factory=dict[str, int])
    broken: dict[str, str] = field(default_factory=dict[str, str])
    """Creators whose events do not follow from one another, and how."""

    def add(self, event: payouts.EarningAccrued) -> None:
        """Each event starts where the one before it ended; one from before that is a repeat."""
        known = self.lifetimes.get(event.creator_id, 0)
        before = event.lifetime_micro_diamonds - event.micro_diamonds
        if before == known:
            self.lifetimes[event.creator_id] = event.lifetime_micro_diamonds
        elif event.lifetime_micro_diamonds > known:
            self.broken.setdefault(
                event.creator_id, f"{event.creator_id}: told of {known}, then starts at {before}"
            )


@dataclass(slots=True)
class StatesTold:
    """The newest state that was told of each creator's earnings."""

    newest: dict[str, tuple[int, int, int]] = field(default_factory=dict[str, tuple[int, int, int]])
    """Version, and micro-diamonds that are pending and available."""
    broken: dict[str, str] = field(default_factory=dict[str, str])
    """Creators of whom one version was told in two ways."""

    def add(self, event: payouts.EarningsChanged) -> None:
        """Records may come in any order, and again."""
        told = (event.version, event.pending_micro_diamonds, event.available_micro_diamonds)
        known = self.newest.get(event.creator_id)
        if known is None or known[0] < told[0]:
            self.newest[event.creator_id] = told
        elif known[0] == told[0] and known != told:
            self.broken[event.creator_id] = (
                f"{event.creator_id}: version {told[0]} is {known[1:]} and {told[1:]}"
            )


@dataclass(slots=True)
class Heard:
    """What is few enough to be kept in memory."""

    earnings: EarningsTold = field(default_factory=EarningsTold)
    states: StatesTold = field(default_factory=StatesTold)
    conflicts: set[bytes] = field(default_factory=set[bytes])
    """Charges that were asked for again in other terms, and refused for that."""
    frames: FramesTold = field(default_factory=FramesTold)
    dead_letters: set[tuple[str, int, str]] = field(default_factory=set[tuple[str, int, str]])
    """Source, offset and consumer of each record that was announced as set aside."""

    def add(self, other: "Heard") -> None:
        """Take over what was heard on another topic."""
        self.earnings.lifetimes |= other.earnings.lifetimes
        self.earnings.broken |= other.earnings.broken
        self.states.newest |= other.states.newest
        self.states.broken |= other.states.broken
        self.conflicts |= other.conflicts
        self.frames.merge(other.frames)
        self.dead_letters |= other.dead_letters


class Told:
    """What topics tell; each pile comes from one topic."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.piles = {
            name: Pile(folder, name, size)
            for name, size in (
                ("requests", 32),
                ("outcomes", 48),
                ("announced", 48),
                ("told_balances", 32),
                ("told_purchases", 32),
                ("told_payout_moves", 32),
                ("told_wallet_legs", 32),
                ("told_gift_legs", 32),
                ("told_settlements", 32),
                ("told_returns", 32),
            )
        }
        self.heard = Heard()

    def spill(self) -> None:
        """Put all piles on disk, for another process to read."""
        for pile in self.piles.values():
            pile.spill()

    def charge_requested(self, event: gifts.ChargeRequested) -> None:
        """Gifts asks the wallet."""
        terms = facts.terms(event.payer_id, event.order_key, event.coins)
        self.piles["requests"].add(event.charge_id.bytes + facts.REQUESTED + terms)

    def charge_posted(self, event: wallet.ChargePosted) -> None:
        """The wallet took coins."""
        self.piles["outcomes"].add(
            facts.paid(event.charge_id, event.payer_id, event.order_key, event.coins, event.slices)
        )

    def charge_refused(self, event: wallet.ChargeRefused) -> None:
        """The wallet took nothing. A conflict is no outcome: the charge has another one."""
        if event.reason == "charge_conflict":
            self.heard.conflicts.add(event.charge_id.bytes)
            return
        self.piles["outcomes"].add(
            event.charge_id.bytes
            + facts.REFUSED
            + facts.terms(event.payer_id, event.order_key, event.needed_coins)
            + facts.refusal(event.order_key, event.needed_coins, event.balance_coins, event.limit)
        )

    def gift_sent(self, event: gifts.GiftSent) -> None:
        """A gift was settled."""
        self.piles["announced"].add(
            facts.paid(
                event.gift_id, event.sender_id, event.creator_id, event.price_coins, event.slices
            )
        )

    def balance_changed(self, event: wallet.BalanceChanged) -> None:
        """An account moved."""
        self.piles["told_balances"].add(facts.balance(event.user_id, event.version, event.coins))

    def coins_purchased(self, event: wallet.CoinsPurchased) -> None:
        """A payment became coins."""
        lots = [(lot.lot_id, lot.lot_class, lot.coins) for lot in event.lots]
        self.piles["told_purchases"].add(
            event.purchase_id.bytes + facts.purchase(event.user_id, lots)
        )

    def purchase_reversed(self, event: wallet.PurchaseReversed | wallet.PurchaseReinstated) -> None:
        """Coins were taken back, or given back; of interest are those that creators bear."""
        for leg in event.legs:
            if leg.kind != "creator_unmatured":
                continue
            if isinstance(leg, wallet.ReinstatedLeg):
                assert isinstance(event, wallet.PurchaseReinstated)
                cause_id, reversal_id = event.reinstatement_id, leg.reversal_id
            else:
                assert isinstance(event, wallet.PurchaseReversed)
                cause_id = reversal_id = event.reversal_id
            self.piles["told_wallet_legs"].add(
                cause_id.bytes
                + facts.leg(
                    reversal_id, leg.position, leg.party, leg.charge_id, leg.lot_id, leg.coins
                )
            )

    def charge_undone(self, event: wallet.ChargeUndone) -> None:
        """A charge was given back; whom it was for bears it."""
        for leg in event.legs:
            self.piles["told_wallet_legs"].add(
                event.reversal_id.bytes
                + facts.leg(
                    event.reversal_id,
                    leg.position,
                    event.order_key,
                    event.charge_id,
                    leg.lot_id,
                    leg.coins,
                )
            )

    def gift_reversed(self, event: gifts.GiftReversed | gifts.GiftReinstated) -> None:
        """Coins of a gift were taken back, or given back."""
        reinstated = isinstance(event, gifts.GiftReinstated)
        cause_id = event.reinstatement_id if reinstated else event.reversal_id
        self.piles["told_gift_legs"].add(
            cause_id.bytes
            + facts.leg(
                event.reversal_id,
                event.position,
                event.creator_id,
                event.gift_id,
                event.lot_id,
                event.coins,
            )
        )

    def clawback_settled(self, event: payouts.ClawbackSettled) -> None:
        """It was decided how much of a leg its creator bears."""
        self.piles["told_settlements"].add(
            (event.reinstatement_id or event.reversal_id).bytes
            + facts.leg(
                event.reversal_id, event.position, event.covered_coins, event.uncovered_coins
            )
        )

    def gift_returned(self, event: payouts.GiftReturned) -> None:
        """An operator has a frozen gift given back."""
        self.piles["told_returns"].add(
            event.gift_id.bytes + facts.decision(event.creator_id, event.operator_id)
        )

    def payout_moved(self, event: PayoutMoved) -> None:
        """A payout went on, to the status that the type of the event names."""
        self.piles["told_payout_moves"].add(
            event.payout_id.bytes
            + facts.payout_move(_STATUS[type(event)], event.creator_id, event.micro_diamonds)
        )

    def dead_lettered(self, event: dead_letter.DeadLettered) -> None:
        """A record was set aside."""
        self.heard.dead_letters.add((event.source, event.offset, event.consumer))


def listeners(told: Told) -> Mapping[Topic, Mapping[type[Event], Callable[[Any], None]]]:
    """What is of interest on each topic, and who takes it down."""
    return {
        gifts.CHARGE: {gifts.ChargeRequested: told.charge_requested},
        wallet.CHARGE: {
            wallet.ChargePosted: told.charge_posted,
            wallet.ChargeRefused: told.charge_refused,
        },
        gifts.GIFT: {
            gifts.GiftSent: told.gift_sent,
            gifts.GiftReversed: told.gift_reversed,
            gifts.GiftReinstated: told.gift_reversed,
        },
        live.LIVE: {live.RoomFrame: told.heard.frames.add},
        wallet.BALANCE: {wallet.BalanceChanged: told.balance_changed},
        wallet.PURCHASE: {
            wallet.CoinsPurchased: told.coins_purchased,
            wallet.PurchaseReversed: told.purchase_reversed,
            wallet.PurchaseReinstated: told.purchase_reversed,
            wallet.ChargeUndone: told.charge_undone,
        },
        payouts.QUARANTINE: {payouts.GiftReturned: told.gift_returned},
        payouts.CLAWBACK: {payouts.ClawbackSettled: told.clawback_settled},
        payouts.EARNING: {payouts.EarningAccrued: told.heard.earnings.add},
        payouts.DIAMONDS: {payouts.EarningsChanged: told.heard.states.add},
        payouts.PAYOUT: dict.fromkeys(_STATUS, told.payout_moved),
        dead_letter.DEAD_LETTER: {dead_letter.DeadLettered: told.dead_lettered},
    }
