"""Take back what a purchase gave: decide who bears it, and book exactly that."""

from collections.abc import Sequence
from datetime import datetime

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
from wallet.domain.purchase import Purchase
from wallet.domain.reversal import (
    Leg,
    Payer,
    Plan,
    coins_wanted,
    covered_by_what_is_left,
    plan_legs,
)
from wallet.domain.reversal_policy import policy_in_force
from wallet.store import reversals, standings
from wallet.store.reversal_policies import published_policies
from wallet.store.reversals import Reversal

_BEARERS = {
    "expired": BREAKAGE,
    "repaid": RECEIVABLE,
    "payer_debt": RECEIVABLE,
    "creator_unmatured": CREATOR_CLAIM,
    "reserve": RESERVE,
    "platform_loss": PLATFORM_LOSS,
}
"""The system account that a leg debits."""


async def plan_reversal(
    conn: Conn,
    purchase: Purchase,
    head: Head,
    *,
    kind: ClaimKind,
    amount_minor: int,
    booked_minor: int,
    at: datetime,
) -> Plan:
    """Who would lose what if `amount_minor` more of the payment were taken back.

    Args:
        conn: Any session; the plan is what will be booked only where the account stays locked.
        purchase: Credited.
        head: Its buyer's account.
        kind: Whose waterfall.
        amount_minor: No more than is left of the payment.
        booked_minor: What is taken back already.
        at: Now: decides which policy is in force and what has matured.
    """
    lots = await standings.select_standings(conn, purchase.purchase_id, head)
    wanted = coins_wanted(lots, booked_minor + amount_minor, purchase.amount_minor)
    if not covered_by_what_is_left(lots, wanted):
        lots = await standings.with_uses(conn, lots, purchase.purchase_id, head)
    policy = policy_in_force(published_policies(), at)
    legs = plan_legs(
        wanted,
        lots,
        policy.waterfalls[kind],
        Payer(user_id=purchase.user_id, debt_coins=head.debt_coins),
        at=at,
    )
    return Plan(amount_minor=amount_minor, policy_version=policy.version, legs=legs)


async def book_reversal(
    conn: Conn, purchase: Purchase, head: Head, reversal: Reversal, legs: Sequence[Leg]
) -> Head:
    """Book a plan: every leg a row, and the coins on their way; returns the account after it.

    Coins of a held reversal wait in a clearing account; else they go back to where they came from.

    Args:
        conn: An open transaction that holds the purchase's and the account's row locked.
        purchase: Credited.
        head: Its buyer's account, as the plan was made for.
        reversal: What is booked; its coins are those of the legs.
        legs: Of the plan.
    """
    entries = Entries(head, reversal.reversal_id, at=reversal.booked_at)
    lots = {
        each.lot.lot_id: each.lot
        for each in await standings.select_standings(conn, purchase.purchase_id, head)
    }
    for leg in legs:
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
    await reversals.insert_reversal(conn, reversal, legs)
    await write_entries(conn, entries)
    return entries.head


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
        await write_entries(conn, entries)
    if held:
        await reversals.insert_settled(conn, list({each.reversal_id for each in held}), at)
