"""Give back what was taken for a claim that is wanted no longer."""

from datetime import datetime

from chassis.db import Conn
from chassis.ids import derived_id
from wallet.commands.write_entries import write_entries
from wallet.domain.claims import Step
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
from wallet.domain.lots import Lot, has_lot_expired
from wallet.domain.purchase import Purchase
from wallet.domain.reinstatement import TakenLeg, coins_due, legs_to_return
from wallet.store import reinstatements, standings
from wallet.store.reinstatements import Reinstatement, ReturnedLeg

_BEARERS = {
    "expired": BREAKAGE,
    "creator_unmatured": CREATOR_CLAIM,
    "reserve": RESERVE,
    "platform_loss": PLATFORM_LOSS,
}


async def book_reinstatement(
    conn: Conn,
    purchase: Purchase,
    head: Head,
    step: Step,
    *,
    claim_booked_minor: int,
    stays_minor: int,
    actor: str,
    at: datetime,
) -> tuple[Head, Reinstatement, list[ReturnedLeg]]:
    """Give back `step`'s amount: each leg gets back what it lost, the last one first (E06, E10).

    Coins go back into the lot that they were taken from. Debt is forgiven; what of it was repaid
    goes back into the lots that repaid it. What has expired meanwhile is gone as if it had never
    been taken.

    Args:
        conn: An open transaction that holds the purchase's and the account's row locked.
        purchase: Credited.
        head: Its buyer's account as it is.
        step: Of which claim how much; negative.
        claim_booked_minor: What the claim has booked before.
        stays_minor: What stays taken back of the whole purchase afterwards.
        actor: Who said so.
        at: Now.
    """
    back_minor = -step.delta_minor
    known = await standings.select_standings(conn, {purchase.purchase_id: head})
    standing = known[purchase.purchase_id]
    excess = {
        each.lot.lot_id: max(
            each.reversed_coins - each.coins * stays_minor // purchase.amount_minor, 0
        )
        for each in standing.lots
    }
    taken = await reinstatements.select_taken_legs(conn, purchase.purchase_id, step.claim.claim)
    due = coins_due(
        taken, back_minor=back_minor, booked_minor=claim_booked_minor, excess_coins=excess
    )
    legs = legs_to_return(due, taken)
    count = await reinstatements.count_reinstatements(conn, purchase.purchase_id, step.claim.claim)
    reinstatement = Reinstatement(
        derived_id(purchase.purchase_id, f"reinstatement:{step.claim.claim}:{count}"),
        purchase.purchase_id,
        step.claim.claim,
        back_minor,
        sum(each.leg.coins for each in legs),
        actor,
        at,
    )
    entries = Entries(head, reinstatement.reinstatement_id, at=at)
    lots = standing.by_id
    returned = [
        await give_back(conn, entries, each, lots[each.leg.lot_id], purchase.currency, at)
        for each in legs
    ]
    await reinstatements.insert_reinstatement(conn, reinstatement, returned)
    await write_entries(conn, [entries])
    return entries.head, reinstatement, returned


async def give_back(
    conn: Conn, entries: Entries, taken: TakenLeg, lot: Lot, currency: str, at: datetime
) -> ReturnedLeg:
    """Enter that a leg gets back what it lost.

    Args:
        conn: An open transaction that holds the account's row locked.
        entries: Of the account; they are added to.
        taken: The leg, with as many coins as it gets back.
        lot: Whose they were.
        currency: Of the payment.
        at: Now.
    """
    leg = taken.leg
    if not taken.is_held:
        entries.transfer(issuer(lot.lot_class, currency), REVERSAL_CLEARING, leg.coins)
    if leg.kind == "unspent":
        return ReturnedLeg(taken, _put_back(entries, lot, leg.coins, at))
    if leg.kind == "repaid":
        # What it had repaid is owed still, or is not: then these coins are free again.
        repaid = min(leg.coins, entries.head.debt_coins)
        if repaid:
            entries.transfer(REVERSAL_CLEARING, RECEIVABLE, repaid)
            entries.redo_repayment(lot, repaid)
        if rest := leg.coins - repaid:
            _put_back(entries, lot, rest, at)
        return ReturnedLeg(taken, is_expired=False)
    if leg.kind == "payer_debt":
        entries.transfer(REVERSAL_CLEARING, RECEIVABLE, leg.coins)
        await _give_back_debt(conn, entries, lot, leg.coins)
    else:
        entries.transfer(REVERSAL_CLEARING, _BEARERS[leg.kind], leg.coins)
    return ReturnedLeg(taken, is_expired=False)


def _put_back(entries: Entries, lot: Lot, coins: int, at: datetime) -> bool:
    """Coins into the wallet again; True where they have expired by now, and stay gone."""
    is_expired = has_lot_expired(lot, at)
    if is_expired:
        entries.transfer(REVERSAL_CLEARING, BREAKAGE, coins)
    else:
        entries.put(lot, coins, REVERSAL_CLEARING)
    return is_expired


async def _give_back_debt(conn: Conn, entries: Entries, lot: Lot, coins: int) -> None:
    """What is owed still is forgiven; the rest was repaid, and goes back where it came from."""
    forgiven = min(coins, entries.head.debt_coins)
    if forgiven:
        entries.forgive(lot, forgiven)
    rest = coins - forgiven
    if not rest:
        return
    for repaid_lot, repaid_coins in await reinstatements.select_repaid(
        conn, entries.head.account_id
    ):
        back = min(rest, repaid_coins - _returned_here(entries, repaid_lot))
        if back > 0:
            entries.return_repaid(repaid_lot, back)
            rest -= back
    assert rest == 0, "what is owed no longer was forgiven or repaid"


def _returned_here(entries: Entries, lot: Lot) -> int:
    """What these entries, not written yet, have given back already into a lot."""
    return sum(
        each.coins
        for each in entries.debts
        if each.kind == "returned" and each.lot_id == lot.lot_id
    )
