"""Bring what is booked of purchases into line with what is claimed back of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from chassis.ids import derived_id
from contracts.event import Event
from wallet.commands.book_reinstatement import book_reinstatement
from wallet.commands.book_reversal import (
    Booking,
    Planned,
    Wanted,
    book_reversals,
    plan_reversals,
    settle_held,
)
from wallet.commands.reversal_events import balance_after, reinstated, reversed_
from wallet.domain.claims import BookedClaim, Claim, Step, settle, status_of
from wallet.domain.ledger import Head
from wallet.domain.purchase import Purchase
from wallet.domain.purchase_status import PurchaseStatus
from wallet.domain.reversal_policy import policy_in_force
from wallet.store import accounts, claims, purchases
from wallet.store.reversal_policies import published_policies
from wallet.store.reversals import Reversal


class Recorded(NamedTuple):
    """Claims on purchases, after something was told of them."""

    grown: Collection[UUID]
    """The purchases for which that was anything new."""
    claims: Mapping[UUID, Sequence[BookedClaim]]
    """By purchase, all claims in the order in which they came, with what is booked for each."""
    before: Mapping[UUID, Claim]
    """By purchase, the claim as it was; left out where it was told for the first time."""


async def record_claims(conn: Conn, told: Mapping[UUID, Claim], *, at: datetime) -> Recorded:
    """Let a claim on each of some purchases grow by what is told of it.

    Args:
        conn: An open transaction that holds the purchases' rows locked.
        told: By purchase, paid or not, the claim as told.
        at: When.
    """
    known = await claims.select_claims(conn, list(told))
    before: dict[UUID, Claim] = {}
    changed: dict[UUID, Claim] = {}
    for purchase_id, claim in told.items():
        of_purchase = known[purchase_id]
        for place, each in enumerate(of_purchase):
            if each.claim.claim == claim.claim:
                before[purchase_id] = each.claim
                merged = each.claim.merged(claim)
                if merged != each.claim:
                    changed[purchase_id] = merged
                    of_purchase[place] = each._replace(claim=merged)
        if purchase_id not in before:
            of_purchase.append(BookedClaim(claim, booked_minor=0))
    added = {purchase_id: told[purchase_id] for purchase_id in told if purchase_id not in before}
    if added:
        policy = policy_in_force(published_policies(), at)
        overdue_at = [policy.overdue_at(claim, at) for claim in added.values()]
        await claims.insert_claims(conn, added, at, overdue_at=overdue_at)
    if changed:
        await claims.update_claims(conn, changed)
    return Recorded({*added, *changed}, known, before)


class _Case:
    """A purchase while its claims are settled."""

    def __init__(self, purchase: Purchase, head: Head, booked: Sequence[BookedClaim]) -> None:
        self.purchase = purchase
        self.before = self.head = head
        self.booked = booked
        self.total_minor = sum(each.booked_minor for each in booked)
        """Taken back of the whole payment so far."""
        steps = settle(purchase.amount_minor, booked)
        self.to_give_back = [step for step in steps if step.delta_minor < 0]
        self.to_take = [step for step in steps if step.delta_minor > 0]
        self.events: list[Event] = []

    @property
    def status(self) -> PurchaseStatus:
        """What its claims make of the purchase."""
        return status_of(self.purchase.amount_minor, [each.claim for each in self.booked])

    def booked_of(self, step: Step) -> BookedClaim:
        """How the claim of a step stood in the beginning."""
        return next(each for each in self.booked if each.claim == step.claim)

    def told(self, at: datetime) -> Sequence[Event]:
        """What to tell in the end, with the balance where it has moved."""
        gave_back = self.total_minor < sum(each.booked_minor for each in self.booked)
        cause = "reinstatement" if gave_back else "reversal"
        return [*self.events, *balance_after(self.before, self.head, cause, at)]


async def settle_claims(
    conn: Conn,
    credited: Sequence[Purchase],
    booked: Mapping[UUID, Sequence[BookedClaim]],
    *,
    actor: str,
    at: datetime,
) -> Mapping[UUID, Sequence[Event]]:
    """Give back and take what the claims on purchases ask for; returns what to tell of each.

    Nothing happens where what is booked fits already, however often it is called. However many
    purchases there are, it takes as many statements as for one.

    Locks: the buyers' accounts, then system accounts.

    Args:
        conn: An open transaction that holds the purchases' rows locked.
        credited: Purchases, each of another buyer.
        booked: By purchase, all claims on it in the order in which they came.
        actor: Whose claims have grown: `provider:` and its name.
        at: Now.
    """
    claimed = [each for each in credited if booked[each.purchase_id]]
    if not claimed:
        return {}
    heads = await accounts.lock_heads(conn, [each.user_id for each in claimed])
    cases = [_Case(each, heads[each.user_id], booked[each.purchase_id]) for each in claimed]
    for case in cases:
        await _decide_and_give_back(conn, case, actor, at)
    while taking := [case for case in cases if case.to_take]:
        await _take(conn, [(case, case.to_take.pop(0)) for case in taking], actor, at)
    statuses: dict[UUID, PurchaseStatus] = {
        case.purchase.purchase_id: case.status
        for case in cases
        if case.status != case.purchase.status
    }
    if statuses:
        await purchases.update_statuses(conn, statuses)
    return {case.purchase.purchase_id: case.told(at) for case in cases}


async def _decide_and_give_back(conn: Conn, case: _Case, actor: str, at: datetime) -> None:
    """What a lost dispute held stays taken; what is wanted no longer goes back."""
    purchase = case.purchase
    for claim, *_ in case.booked:
        if claim.kind == "chargeback" and not claim.is_open and claim.net_minor:
            await settle_held(conn, purchase, case.head, claim.claim, at=at)
    for step in case.to_give_back:
        case.total_minor += step.delta_minor
        case.head, reinstatement, legs = await book_reinstatement(
            conn,
            purchase,
            case.head,
            step,
            claim_booked_minor=case.booked_of(step).booked_minor,
            stays_minor=case.total_minor,
            actor=actor,
            at=at,
        )
        case.events += reinstated(purchase, step.claim, reinstatement, legs)


async def _take(conn: Conn, steps: Sequence[tuple[_Case, Step]], actor: str, at: datetime) -> None:
    """Take one step of each purchase."""
    wanted = [
        Wanted(case.purchase, case.head, step.claim.kind, step.delta_minor, case.total_minor)
        for case, step in steps
    ]
    bookings = [
        _booking(case, step, planned, actor, at)
        for (case, step), planned in zip(
            steps, await plan_reversals(conn, wanted, at=at), strict=True
        )
    ]
    heads = await book_reversals(conn, bookings)
    for (case, step), booking, head in zip(steps, bookings, heads, strict=True):
        case.head = head
        case.total_minor += step.delta_minor
        case.events += reversed_(case.purchase, booking.reversal, booking.planned.plan.legs)


def _booking(case: _Case, step: Step, planned: Planned, actor: str, at: datetime) -> Booking:
    purchase_id, claim, plan = case.purchase.purchase_id, step.claim, planned.plan
    count = case.booked_of(step).reversals
    reversal = Reversal(
        derived_id(purchase_id, f"reversal:{claim.claim}:{count}"),
        purchase_id,
        claim.claim,
        claim.kind,
        plan.amount_minor,
        plan.coins,
        plan.policy_version,
        claim.is_open,
        actor,
        None,
        at,
    )
    return Booking(case.purchase, reversal, planned)
