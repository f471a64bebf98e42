"""Operators take payments back: first a look at who would lose what, then exactly that."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import operators, outbox
from chassis.db import Conn
from chassis.operators import Act
from wallet.commands.book_operator_reversal import book_operator_reversal
from wallet.commands.book_reversal import Planned, Wanted, plan_reversals
from wallet.commands.reversal_events import balance_after
from wallet.domain.claims import ClaimKind
from wallet.domain.purchase import Purchase
from wallet.domain.reversal import Plan
from wallet.domain.reversal_policy import policy_in_force
from wallet.store import accounts, claims, purchases, reversals
from wallet.store.reversal_policies import published_policies
from wallet.store.reversals import Reversal


class ReversalOrder(NamedTuple):
    """What an operator asks for."""

    purchase_id: UUID
    kind: ClaimKind
    """Whose waterfall."""
    amount_minor: int | None
    """None: all that is left of the payment."""


class Preview(NamedTuple):
    """A plan, in the currency of its payment."""

    plan: Plan
    currency: str


class Reversed(NamedTuple):
    """A booked reversal, and whether it was there before."""

    reversal: Reversal
    plan: Plan
    currency: str
    replayed: bool


class PurchaseNotReversibleError(Exception):
    """There is no such purchase, or no payment of it that could go back."""


class ReversalExceedsPaymentError(Exception):
    """More than is left of the payment."""

    def __init__(self, left_minor: int, currency: str) -> None:
        super().__init__(f"{left_minor} {currency} is left")
        self.left_minor = left_minor
        self.currency = currency


class ReversalConflictError(Exception):
    """The reversal's id belongs to another one."""


class ReversalChangedError(Exception):
    """What would be booked is not what was expected."""

    def __init__(self, plan: Plan, currency: str) -> None:
        super().__init__(plan.digest)
        self.plan = plan
        self.currency = currency


async def preview_reversal(conn: Conn, order: ReversalOrder, *, at: datetime) -> Preview:
    """Who would lose what, if it were booked now. Nothing is locked and nothing changes.

    Raises:
        PurchaseNotReversibleError: No such purchase, not paid, or nothing of it is left.
        ReversalExceedsPaymentError: More than is left of it.
    """
    purchase = await purchases.find_purchase(conn, order.purchase_id)
    if purchase is None:
        raise PurchaseNotReversibleError
    planned = await _plan(conn, purchase, order, at=at)
    return Preview(planned.plan, purchase.currency)


async def reverse_purchase(
    conn: Conn,
    reversal_id: UUID,
    order: ReversalOrder,
    act: Act,
    *,
    expected_digest: str | None,
    traceparent: str | None = None,
) -> Reversed | None:
    """Take a payment back, once per reversal id, however often it is asked for.

    None: it is so much that the policy wants a second operator to ask for the same.

    Locks: the purchase, the buyer's account, then system accounts.

    Args:
        conn: An open transaction.
        reversal_id: Made by the caller and kept when it retries.
        order: What to take back.
        act: Who asks, and why; both are kept.
        expected_digest: Of the preview that was looked at: exactly that is booked or nothing.
        traceparent: The trace that events carry on.

    Raises:
        ProposalConflictError: The id was proposed with other terms.
        ReversalConflictError: The id belongs to a reversal with other terms.
        PurchaseNotReversibleError: No such purchase, not paid, or nothing of it is left.
        ReversalExceedsPaymentError: More than is left of it.
        ReversalChangedError: It would be another plan than was expected.
    """
    purchase = await purchases.lock_purchase(conn, order.purchase_id)
    # Only under the lock: of two copies the second sees what the first has booked.
    booked = await reversals.find_reversal(conn, reversal_id)
    if booked is not None and not _is_same(booked, reversal_id, order, act.reason):
        raise ReversalConflictError
    if purchase is None:
        raise PurchaseNotReversibleError
    if booked is not None:
        legs = await reversals.select_legs(conn, reversal_id)
        plan = Plan(booked.amount_minor, booked.policy_version, legs)
        return Reversed(booked, plan, purchase.currency, replayed=True)
    await accounts.lock_heads(conn, [purchase.user_id])
    planned = await _plan(conn, purchase, order, at=act.at)
    plan = planned.plan
    if expected_digest not in (None, plan.digest):
        raise ReversalChangedError(plan, purchase.currency)
    if not await _is_allowed(conn, act, reversal_id, purchase, order.kind, plan):
        return None
    reversal = await _book(conn, reversal_id, purchase, order.kind, planned, act, traceparent)
    return Reversed(reversal, plan, purchase.currency, replayed=False)


async def _plan(conn: Conn, purchase: Purchase, order: ReversalOrder, *, at: datetime) -> Planned:
    if purchase.credited_at is None:
        raise PurchaseNotReversibleError
    booked = await claims.select_claims(conn, [purchase.purchase_id])
    booked_minor = sum(each.booked_minor for each in booked[purchase.purchase_id])
    left_minor = purchase.amount_minor - booked_minor
    if not left_minor:
        raise PurchaseNotReversibleError
    amount_minor = left_minor if order.amount_minor is None else order.amount_minor
    if not 0 < amount_minor <= left_minor:
        raise ReversalExceedsPaymentError(left_minor, purchase.currency)
    heads = await accounts.select_heads(conn, [purchase.user_id])
    head = heads[purchase.user_id]
    wanted = Wanted(purchase, head, order.kind, amount_minor, booked_minor)
    (planned,) = await plan_reversals(conn, [wanted], at=at)
    return planned


async def _is_allowed(
    conn: Conn, act: Act, reversal_id: UUID, purchase: Purchase, kind: ClaimKind, plan: Plan
) -> bool:
    policy = policy_in_force(published_policies(), act.at)
    if plan.coins < policy.second_operator_from_coins:
        return True
    return await operators.is_approved(
        conn,
        act,
        "reversePurchase",
        str(reversal_id),
        {
            "purchase_id": purchase.purchase_id,
            "kind": kind,
            "amount_minor": plan.amount_minor,
            "reason": act.reason,
        },
    )


async def _book(
    conn: Conn,
    reversal_id: UUID,
    purchase: Purchase,
    kind: ClaimKind,
    planned: Planned,
    act: Act,
    traceparent: str | None,
) -> Reversal:
    plan = planned.plan
    await operators.record(
        conn,
        act,
        "reversePurchase",
        str(reversal_id),
        {
            "purchase_id": purchase.purchase_id,
            "kind": kind,
            "amount_minor": plan.amount_minor,
            "currency": purchase.currency,
            "coins": plan.coins,
        },
    )
    booked = await book_operator_reversal(
        conn, purchase, planned, act, reversal_id=reversal_id, kind=kind
    )
    events = [*booked.events, *balance_after(planned.head, booked.head, "reversal", act.at)]
    await outbox.record(conn, *events, traceparent=traceparent)
    return booked.reversal


def _is_same(booked: Reversal, reversal_id: UUID, order: ReversalOrder, note: str) -> bool:
    """Whether it is a retry. What was left of the payment was written down when it was booked."""
    return (
        booked.purchase_id == order.purchase_id
        and booked.claim == f"operator:{reversal_id}"
        and booked.kind == order.kind
        and booked.note == note
        and order.amount_minor in (None, booked.amount_minor)
    )
