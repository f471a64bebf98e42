"""Book a plan that an operator has asked for: the claim, its legs, and the purchase's new state."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from chassis.operators import Act
from contracts.event import Event
from wallet.commands.book_reversal import Booking, Planned, book_reversals
from wallet.commands.reversal_events import reversed_
from wallet.commands.settle_claims import record_claims
from wallet.domain.claims import ClaimKind, operator_claim, status_of
from wallet.domain.ledger import Head
from wallet.domain.purchase import Purchase
from wallet.store import purchases
from wallet.store.reversals import Reversal


class Booked(NamedTuple):
    """A reversal, the buyer's account after it, and what to tell of it."""

    reversal: Reversal
    head: Head
    events: Sequence[Event]


async def book_operator_reversal(
    conn: Conn,
    purchase: Purchase,
    planned: Planned,
    act: Act,
    *,
    reversal_id: UUID,
    kind: ClaimKind,
) -> Booked:
    """Make the operator's claim and book exactly the plan for it.

    Args:
        conn: An open transaction that holds the purchase's and the account's row locked.
        purchase: Credited.
        planned: What is booked.
        act: Who asked for it, and why.
        reversal_id: Of what is booked, and names its claim.
        kind: Whose waterfall the plan follows.
    """
    plan = planned.plan
    claim = operator_claim(reversal_id, kind, plan.amount_minor)
    recorded = await record_claims(conn, {purchase.purchase_id: claim}, at=act.at)
    reversal = Reversal(
        reversal_id,
        purchase.purchase_id,
        claim.claim,
        kind,
        plan.amount_minor,
        plan.coins,
        plan.policy_version,
        is_held=False,
        actor=f"operator:{act.operator_id}",
        note=act.reason,
        booked_at=act.at,
    )
    (after,) = await book_reversals(conn, [Booking(purchase, reversal, planned)])
    claims = [each.claim for each in recorded.claims[purchase.purchase_id]]
    status = status_of(purchase.amount_minor, claims)
    if status != purchase.status:
        await purchases.update_statuses(conn, {purchase.purchase_id: status})
    return Booked(reversal, after, reversed_(purchase, reversal, plan.legs))
