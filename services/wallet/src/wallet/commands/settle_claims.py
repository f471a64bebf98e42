"""Bring what is booked of a purchase into line with what is claimed back of it."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import Conn
from chassis.ids import derived_id
from contracts.event import Event
from wallet.commands.book_reinstatement import book_reinstatement
from wallet.commands.book_reversal import book_reversal, plan_reversal, settle_held
from wallet.commands.reversal_events import balance_after, reinstated, reversed_
from wallet.domain.claims import BookedClaim, Claim, Step, settle, status_of
from wallet.domain.ledger import Head
from wallet.domain.purchase import Purchase
from wallet.domain.reversal_policy import policy_in_force
from wallet.store import accounts, claims, purchases, reversals
from wallet.store.reversal_policies import published_policies
from wallet.store.reversals import Reversal


async def record_claim(conn: Conn, purchase: Purchase, claim: Claim, *, at: datetime) -> bool:
    """Let a claim on a purchase grow by what is told of it; False where that is nothing new.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: Paid or not.
        claim: As told.
        at: When.
    """
    overdue_at = policy_in_force(published_policies(), at).overdue_at(claim, at)
    if await claims.insert_claim(conn, purchase.purchase_id, claim, at, overdue_at=overdue_at):
        return True
    known = next(
        each.claim
        for each in await claims.select_claims(conn, purchase.purchase_id)
        if each.claim.claim == claim.claim
    )
    merged = known.merged(claim)
    if merged == known:
        return False
    await claims.update_claim(conn, purchase.purchase_id, merged)
    return True


async def settle_claims(
    conn: Conn, purchase: Purchase, *, actor: str, at: datetime
) -> Sequence[Event]:
    """Give back and take what the claims on a credited purchase ask for; returns what to tell.

    Nothing happens where what is booked fits already, however often it is called.

    Locks: the buyer's account, then system accounts.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: Credited.
        actor: Whose claim has grown: `provider:` and its name.
        at: Now.
    """
    booked = await claims.select_claims(conn, purchase.purchase_id)
    if not booked:
        return ()
    before = head = (await accounts.lock_heads(conn, [purchase.user_id]))[purchase.user_id]
    for claim, _ in booked:
        if claim.kind == "chargeback" and not claim.is_open and claim.net_minor:
            await settle_held(conn, purchase, head, claim.claim, at=at)
    events: list[Event] = []
    total_minor = sum(each.booked_minor for each in booked)
    for step in settle(purchase.amount_minor, booked):
        head, told = await _take_step(conn, purchase, head, step, booked, total_minor, actor, at)
        events += told
        total_minor += step.delta_minor
    status = status_of(purchase.amount_minor, [each.claim for each in booked])
    if status != purchase.status:
        await purchases.update_status(conn, purchase.purchase_id, status)
    gave_back = total_minor < sum(each.booked_minor for each in booked)
    cause = "reinstatement" if gave_back else "reversal"
    return [*events, *balance_after(before, head, cause, at)]


async def _take_step(
    conn: Conn,
    purchase: Purchase,
    head: Head,
    step: Step,
    booked: Sequence[BookedClaim],
    total_minor: int,
    actor: str,
    at: datetime,
) -> tuple[Head, Sequence[Event]]:
    if step.delta_minor < 0:
        head, reinstatement, legs = await book_reinstatement(
            conn,
            purchase,
            head,
            step,
            claim_booked_minor=next(b for claim, b in booked if claim == step.claim),
            stays_minor=total_minor + step.delta_minor,
            actor=actor,
            at=at,
        )
        return head, reinstated(purchase, step.claim, reinstatement, legs)
    plan = await plan_reversal(
        conn,
        purchase,
        head,
        kind=step.claim.kind,
        amount_minor=step.delta_minor,
        booked_minor=total_minor,
        at=at,
    )
    count = await reversals.count_reversals(conn, purchase.purchase_id, step.claim.claim)
    reversal = Reversal(
        derived_id(purchase.purchase_id, f"reversal:{step.claim.claim}:{count}"),
        purchase.purchase_id,
        step.claim.claim,
        step.claim.kind,
        plan.amount_minor,
        plan.coins,
        plan.policy_version,
        step.claim.is_open,
        actor,
        None,
        at,
    )
    head = await book_reversal(conn, purchase, head, reversal, plan.legs)
    return head, reversed_(purchase, reversal, plan.legs)
