"""What a minor spent on gifts in a range of time, and the share of it that is taken back (E30).

Pure: it depends on nothing but its arguments.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from chassis.ids import is_user_id
from wallet.domain.purchase import Purchase
from wallet.domain.reversal import Leg, LotStanding, Payer, Plan, Use, plan_legs
from wallet.domain.reversal_policy import ReversalPolicy

WHOLE_BPS: Final = 10_000
RANGE_MAX: Final = timedelta(days=366)
"""A year, in any time zone: what is older is another decision, and has a refund of its own."""


class MinorRefundOrder(NamedTuple):
    """What an operator asks for."""

    user_id: str
    """Who spent."""
    range_from: datetime
    range_to: datetime
    """Gifts that were charged from the first moment on and before the second."""
    share_bps: int
    """Of what they cost, in ten-thousandths."""


class RefundTermsInvalidError(ValueError):
    """The range is none, or the share; the message says what to ask for instead."""


class NothingToRefundError(Exception):
    """The user spent nothing in the range that could go back, or there is no such user."""


class GiftsOfPurchase(msgspec.Struct, frozen=True):
    """What the coins of a purchase paid in the range, as far as it was not taken back."""

    purchase: Purchase
    standings: Sequence[LotStanding]
    """Of each lot; the uses are those in the range only."""
    booked_minor: int
    """What is taken back of the payment already."""

    @property
    def left_minor(self) -> int:
        """What may still be taken back of the payment."""
        return self.purchase.amount_minor - self.booked_minor


class Part(msgspec.Struct, frozen=True):
    """What is taken back of one purchase."""

    purchase_id: UUID
    currency: str
    plan: Plan


class MinorRefundPlan(msgspec.Struct, frozen=True):
    """A refund before it is booked: one plan per purchase, in the order of their ids."""

    parts: Sequence[Part]

    @property
    def coins(self) -> int:
        """What all legs of all parts come to."""
        return sum(part.plan.coins for part in self.parts)

    @property
    def amounts_minor(self) -> Mapping[str, int]:
        """What goes back, by currency."""
        amounts: Counter[str] = Counter()
        for part in self.parts:
            amounts[part.currency] += part.plan.amount_minor
        return dict(amounts)

    @property
    def digest(self) -> str:
        """Tells two plans apart: what is booked is what was looked at."""
        return sha256(msgspec.json.encode(self)).hexdigest()


def check_order(order: MinorRefundOrder) -> None:
    """Make sure that an order makes sense.

    Raises:
        RefundTermsInvalidError: It does not, whoever it concerns.
        NothingToRefundError: It concerns nobody who could be.
    """
    if order.range_from >= order.range_to:
        raise RefundTermsInvalidError("The range ends before it begins: swap its ends.")
    if order.range_to - order.range_from > RANGE_MAX:
        raise RefundTermsInvalidError(
            f"The range is longer than {RANGE_MAX.days} days: refund it in parts."
        )
    if not 1 <= order.share_bps <= WHOLE_BPS:
        raise RefundTermsInvalidError(f"The share is 1 to {WHOLE_BPS} hundredths of a percent.")
    if not is_user_id(order.user_id):
        raise NothingToRefundError


def share_of(amounts: Sequence[int], share_bps: int) -> list[int]:
    """The share of each amount, adding up to the share of all of them, rounded down.

    By largest remainder: each is rounded down, and what is missing goes one by one to those that
    lost most by it, the earlier one of equals first. So no two differ from their exact share by a
    coin, and nobody loses more than they had.
    """
    exact = [amount * share_bps for amount in amounts]
    shares = [each // WHOLE_BPS for each in exact]
    missing = sum(exact) // WHOLE_BPS - sum(shares)
    by_remainder = sorted(range(len(exact)), key=lambda place: -(exact[place] % WHOLE_BPS))
    for place in by_remainder[:missing]:
        shares[place] += 1
    return shares


def amount_of(bought: GiftsOfPurchase, coins: int) -> int:
    """The money that goes back of a payment with `coins` more of its purchase.

    Money follows coins as coins follow money elsewhere: every coin of the purchase, bonus coins
    too, stands for the same part of the price. All coins taken back so far together are worth their
    part of it, rounded down; what is booked already counts towards that. It is at least one minor
    unit, since a reversal is of money, and never more than what is left of the payment.
    """
    all_coins = sum(each.coins for each in bought.standings)
    taken_coins = sum(each.reversed_coins for each in bought.standings) + coins
    worth_minor = bought.purchase.amount_minor * taken_coins // all_coins
    return min(max(worth_minor - bought.booked_minor, 1), bought.left_minor)


def uses_in_range(standing: LotStanding, charge_ids: frozenset[UUID]) -> LotStanding:
    """The same lot with those of its uses that are among the charges, as far as not taken back.

    Coins that were taken back without naming a gift, such as those that the payer owes, are counted
    as of the earliest gifts: creators are asked for the latest first.
    """
    nameless_coins = sum(use.coins for use in standing.uses) - standing.spent_coins
    uses: list[Use] = []
    for use in reversed(standing.uses):
        borne = min(use.coins, max(nameless_coins, 0))
        nameless_coins -= borne
        if use.coins > borne and use.charge_id in charge_ids:
            uses.append(msgspec.structs.replace(use, coins=use.coins - borne))
    return msgspec.structs.replace(standing, uses=uses[::-1])


def plan_minor_refund(
    bought: Sequence[GiftsOfPurchase],
    share_bps: int,
    policy: ReversalPolicy,
    *,
    at: datetime,
) -> MinorRefundPlan:
    """Who loses what if the share of these gifts is taken back.

    Each gift loses its share, whoever bears it: first what has not matured of its creator's, then
    those who come after in the waterfall. A payment of which nothing is left has no part in it.
    """
    concerned = [each for each in bought if each.left_minor]
    amounts = [
        use.coins for each in concerned for standing in each.standings for use in standing.uses
    ]
    shares = iter(share_of(amounts, share_bps))
    parts: list[Part] = []
    for each in concerned:
        standings = [_with_shares(standing, shares) for standing in each.standings]
        legs = list(_legs(each.purchase, standings, policy, at))
        if legs:
            amount_minor = amount_of(each, sum(leg.coins for leg in legs))
            plan = Plan(amount_minor=amount_minor, policy_version=policy.version, legs=legs)
            parts.append(Part(each.purchase.purchase_id, each.purchase.currency, plan))
    return MinorRefundPlan(parts)


def _with_shares(standing: LotStanding, shares: Iterator[int]) -> LotStanding:
    """A lot as if there were nothing to it but the shares of its uses: only gifts lose."""
    uses = [msgspec.structs.replace(use, coins=next(shares)) for use in standing.uses]
    return msgspec.structs.replace(
        standing,
        left_coins=0,
        expired_coins=0,
        repaid_coins=0,
        uses=[use for use in uses if use.coins],
    )


def _legs(
    purchase: Purchase, standings: Sequence[LotStanding], policy: ReversalPolicy, at: datetime
) -> Iterator[Leg]:
    """The waterfall's legs; those that no creator bears name their gift too."""
    wanted = {each.lot.lot_id: sum(use.coins for use in each.uses) for each in standings}
    legs = plan_legs(
        wanted,
        standings,
        policy.waterfalls["minor_refund"],
        Payer(user_id=purchase.user_id, debt_coins=0),
        at=at,
    )
    missing = {
        each.lot.lot_id: {use.charge_id: use.coins for use in each.uses} for each in standings
    }
    for leg in legs:
        gifts, coins = missing[leg.lot_id], leg.coins
        for charge_id in [leg.charge_id] if leg.charge_id else list(gifts):
            named = min(coins, gifts[charge_id])
            if named:
                gifts[charge_id] -= named
                coins -= named
                yield msgspec.structs.replace(leg, coins=named, charge_id=charge_id)
