"""Who loses what when a payment is taken back: the waterfall, decided in memory.

The same plan is shown by a preview and then booked. Pure: it depends on nothing but its arguments.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from wallet.domain.lots import Lot
from wallet.domain.reversal_policy import LegKind, WaterfallLeg


class Use(msgspec.Struct, frozen=True, gc=False):
    """Coins of a lot that a charge took for a creator, as far as they were not taken back."""

    charge_id: UUID
    creator_id: str
    coins: int


class LotStanding(msgspec.Struct, frozen=True):
    """Where the coins of one of the purchase's lots are."""

    lot: Lot
    coins: int
    """That it began with."""
    left_coins: int
    """In its owner's wallet."""
    expired_coins: int
    """That expired and were not taken back."""
    repaid_coins: int
    """That repaid their owner's debt and are not owed again."""
    reversed_coins: int
    """Taken back and not given back, whoever bore it."""
    uses: Sequence[Use] = ()
    """The latest first. Left out where nobody asks who had the coins: see `depends_on_uses`."""

    @property
    def spent_coins(self) -> int:
        """On charges, and not taken back, whoever would have borne it."""
        elsewhere = self.left_coins + self.expired_coins + self.repaid_coins
        return self.coins - elsewhere - self.reversed_coins


class Leg(msgspec.Struct, frozen=True, gc=False):
    """What one loses."""

    kind: LegKind
    coins: int
    lot_id: int
    party: str | None = None
    """The user; None where it is the platform."""
    charge_id: UUID | None = None
    """What the coins had been spent on, where its creator loses them or single gifts are undone."""


class Payer(msgspec.Struct, frozen=True):
    """Who bought."""

    user_id: str
    debt_coins: int


class Plan(msgspec.Struct, frozen=True):
    """A reversal before it is booked."""

    amount_minor: int
    policy_version: int
    legs: Sequence[Leg]

    @property
    def coins(self) -> int:
        """What all legs come to."""
        return sum(leg.coins for leg in self.legs)

    @property
    def digest(self) -> str:
        """Tells two plans apart: whoever has seen one may ask for exactly that to be booked."""
        return sha256(msgspec.json.encode(self)).hexdigest()


def coins_wanted(
    standings: Sequence[LotStanding], booked_minor: int, paid_minor: int
) -> Mapping[int, int]:
    """How many coins of each lot are to be taken so that `booked_minor` is taken back in all.

    A lot's share is its coins times the part of the payment that goes back, rounded down; of the
    whole payment it is all of them, so that what rounding left comes last. Where single gifts were
    undone more may be taken of a lot than its share: then the others lose less, the last one first.
    """
    shares = {each.lot.lot_id: each.coins * booked_minor // paid_minor for each in standings}
    wanted = {
        each.lot.lot_id: max(shares[each.lot.lot_id] - each.reversed_coins, 0) for each in standings
    }
    due = max(sum(shares.values()) - sum(each.reversed_coins for each in standings), 0)
    too_much = sum(wanted.values()) - due
    for lot_id in reversed(wanted):
        spared = min(wanted[lot_id], too_much)
        wanted[lot_id] -= spared
        too_much -= spared
    return wanted


def plan_legs(
    wanted: Mapping[int, int],
    standings: Sequence[LotStanding],
    waterfall: Sequence[WaterfallLeg],
    payer: Payer,
    *,
    at: datetime,
) -> list[Leg]:
    """The legs that bear `wanted` coins of each lot, in the waterfall's order.

    Coins of the purchase that are still there go first, of its own lots alone (E01); so do those
    that expired, which are nobody's loss but were the platform's gain (E12), and those that repaid
    a debt, which is owed again. What was spent falls to the others in turn, each up to what they
    can bear.
    """
    missing = {lot_id: coins for lot_id, coins in wanted.items() if coins}
    legs: list[Leg] = []
    for step in waterfall:
        limit = step.coins_max
        if step.kind == "payer_debt" and limit is not None:
            limit = max(limit - payer.debt_coins, 0)
        for each in standings:
            for leg in _offers(step, each, payer, at):
                coins = min(leg.coins, missing.get(leg.lot_id, 0))
                if limit is not None:
                    coins = min(coins, limit)
                    limit -= coins
                if coins:
                    missing[leg.lot_id] -= coins
                    legs.append(msgspec.structs.replace(leg, coins=coins))
    assert not any(missing.values()), "the platform bears what nobody else does"
    return legs


def depends_on_uses(legs: Sequence[Leg], waterfall: Sequence[WaterfallLeg]) -> bool:
    """Whether legs that were planned without the lots' uses would be others with them.

    They are the same where nothing was left for creators to bear: what comes after them in the
    waterfall bears nothing then.
    """
    kinds = [step.kind for step in waterfall]
    if "creator_unmatured" not in kinds:
        return False
    later = kinds[kinds.index("creator_unmatured") + 1 :]
    return any(leg.kind in later for leg in legs)


def _offers(step: WaterfallLeg, standing: LotStanding, payer: Payer, at: datetime) -> Iterator[Leg]:
    """Who could bear coins of a lot at a step, each with as many as there are."""
    lot = standing.lot
    match step.kind:
        case "unspent":
            yield Leg("unspent", standing.left_coins, lot.lot_id, payer.user_id)
            yield Leg("expired", standing.expired_coins, lot.lot_id)
            yield Leg("repaid", standing.repaid_coins, lot.lot_id, payer.user_id)
        case "payer_debt":
            yield Leg("payer_debt", standing.coins, lot.lot_id, payer.user_id)
        case "creator_unmatured":
            # As payouts does: nothing matures before the payment behind it is safe (I3).
            if at < lot.refundable_until:
                for use in standing.uses:
                    yield Leg(
                        "creator_unmatured", use.coins, lot.lot_id, use.creator_id, use.charge_id
                    )
        case "reserve" | "platform_loss":
            yield Leg(step.kind, standing.coins, lot.lot_id)
