"""Take back what purchases gave: decide who bears it, and book exactly that."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from chassis.ids import derived_id
from wallet.commands.write_entries import write_entries
from wallet.domain.claims import ClaimKind
from wallet.domain.entries import Entries
from wallet.domain.ledger import (
    BREAKAGE,
    CREATOR_CLAIM,
    PLATFORM_LOSS,
    RECEIVABLE,
    RESERVE,
    REVERSAL_CLEARING,
    Head,
    issuer,
)
from wallet.domain.lots import Lot
from wallet.domain.purchase import Purchase
from wallet.domain.reversal import (
    Payer,
    Plan,
    coins_wanted,
    depends_on_uses,
    plan_legs,
)
from wallet.domain.reversal_policy import ReversalPolicy, policy_in_force
from wallet.store import reversals, standings
from wallet.store.reversal_policies import published_policies
from wallet.store.reversals import Reversal
from wallet.store.standings import Standing

_BEARERS = {
    "expired": BREAKAGE,
    "repaid": RECEIVABLE,
    "payer_debt": RECEIVABLE,
    "creator_unmatured": CREATOR_CLAIM,
    "reserve": RESERVE,
    "platform_loss": PLATFORM_LOSS,
}
"""The system account that a leg debits."""


class Wanted(NamedTuple):
    """So much more of a payment is to be taken back."""

    purchase: Purchase
    """Credited."""
    head: Head
    """Its buyer's account."""
    kind: ClaimKind
    """Whose waterfall."""
    amount_minor: int
    """No more than is left of the payment."""
    booked_minor: int
    """What is taken back already."""


class Planned(NamedTuple):
    """Who would lose what."""

    plan: Plan
    head: Head
    """The account that the plan was made for."""
    lots: Mapping[int, Lot]
    """Those that its legs are of."""


class Booking(NamedTuple):
    """A reversal that follows a plan; its coins are those of the legs."""

    purchase: Purchase
    reversal: Reversal
    planned: Planned


async def plan_reversals(
    conn: Conn, wanted: Sequence[Wanted], *, at: datetime
) -> Sequence[Planned]:
    """Who would lose what if more of payments were taken back, each of another buyer.

    Args:
        conn: Any session; a plan is what will be booked only where the account stays locked.
        wanted: What is to be taken back.
        at: Now: decides which policy is in force and what has matured.
    """
    known = await standings.select_standings(
        conn, {each.purchase.purchase_id: each.head for each in wanted}
    )
    policy = policy_in_force(published_policies(), at)
    plans = {
        each.purchase.purchase_id: _plan(each, known[each.purchase.purchase_id], policy, at)
        for each in wanted
    }
    # Uses are many rows to read, and mostly the first ones to bear bear it all.
    asked = [
        each
        for each in wanted
        if depends_on_uses(plans[each.purchase.purchase_id].plan.legs, policy.waterfalls[each.kind])
    ]
    if asked:
        spent = {each.purchase.purchase_id: known[each.purchase.purchase_id] for each in asked}
        with_uses = await standings.with_uses(conn, spent)
        for each in asked:
            purchase_id = each.purchase.purchase_id
            plans[purchase_id] = _plan(each, with_uses[purchase_id], policy, at)
    return list(plans.values())


def _plan(wanted: Wanted, standing: Standing, policy: ReversalPolicy, at: datetime) -> Planned:
    purchase, head = wanted.purchase, wanted.head
    coins = coins_wanted(
        standing.lots, wanted.booked_minor + wanted.amount_minor, purchase.amount_minor
    )
    legs = plan_legs(
        coins,
        standing.lots,
        policy.waterfalls[wanted.kind],
        Payer(user_id=purchase.user_id, debt_coins=head.debt_coins),
        at=at,
    )
    plan = Plan(amount_minor=wanted.amount_minor, policy_version=policy.version, legs=legs)
    return Planned(plan, head, standing.by_id)


async def book_reversals(conn: Conn, bookings: Sequence[Booking]) -> Sequence[Head]:
    """Book plans: every leg a row, and the coins on their way; returns the accounts after it.

    Coins of a held reversal wait in a clearing account; else they go back to where they came from.

    Args:
        conn: An open transaction that holds the purchases' and the accounts' rows locked.
        bookings: Each of another buyer.
    """
    collected = [_entries(each) for each in bookings]
    await reversals.insert_reversals(
        conn, [(each.reversal, each.planned.plan.legs) for each in bookings]
    )
    await write_entries(conn, collected)
    return [entries.head for entries in collected]


def _entries(booking: Booking) -> Entries:
    purchase, reversal, (plan, head, lots) = booking
    entries = Entries(head, reversal.reversal_id, at=reversal.booked_at)
    for leg in plan.legs:
        lot = lots[leg.lot_id]
        if leg.kind == "unspent":
            entries.take("reversal", lot, leg.coins, REVERSAL_CLEARING)
        else:
            entries.transfer(_BEARERS[leg.kind], REVERSAL_CLEARING, leg.coins)
        if leg.kind == "payer_debt":
            entries.owe(lot, leg.coins)
        elif leg.kind == "repaid":
            entries.undo_repayment(lot, leg.coins)
        if not reversal.is_held:
            entries.transfer(REVERSAL_CLEARING, issuer(lot.lot_class, purchase.currency), leg.coins)
    return entries


async def settle_held(
    conn: Conn, purchase: Purchase, head: Head, claim: str, *, at: datetime
) -> None:
    """What was held for a claim stays taken: it goes back to where it came from (E05)."""
    held = await reversals.select_held(conn, purchase.purchase_id, claim)
    for reversal_id in dict.fromkeys(each.reversal_id for each in held):
        entries = Entries(head, derived_id(reversal_id, "settled"), at=at)
        for each in held:
            if each.reversal_id == reversal_id and each.lot_class is not None and each.coins:
                counter = issuer(each.lot_class, purchase.currency)
                entries.transfer(REVERSAL_CLEARING, counter, each.coins)
        await write_entries(conn, [entries])
    if held:
        await reversals.insert_settled(conn, list({each.reversal_id for each in held}), at)
