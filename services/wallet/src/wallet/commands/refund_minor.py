"""Operators take back a share of what a minor spent in a range of time (E30)."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from chassis import operators, outbox
from chassis.db import Conn
from chassis.ids import derived_id
from chassis.operators import Act
from contracts.event import Event
from wallet.commands.book_operator_reversal import book_operator_reversal
from wallet.commands.book_reversal import Planned
from wallet.commands.plan_minor_refund import (
    plan_refund,
    select_charges,
)
from wallet.commands.reversal_events import balance_after
from wallet.domain.ledger import Head
from wallet.domain.minor_refund import (
    MinorRefundOrder,
    MinorRefundPlan,
    NothingToRefundError,
    check_order,
)
from wallet.domain.purchase import Purchase
from wallet.domain.reversal_policy import policy_in_force
from wallet.store import accounts, minor_refunds, purchases, standings
from wallet.store.minor_refunds import MinorRefund
from wallet.store.reversal_policies import published_policies

_ACTION = "refundMinor"


class Refunded(NamedTuple):
    """A booked refund, and whether it was there before."""

    refund: MinorRefund
    plan: MinorRefundPlan
    replayed: bool


class MinorRefundConflictError(Exception):
    """The refund's id belongs to another one."""


class MinorRefundChangedError(Exception):
    """What would be booked is not what was expected."""

    def __init__(self, plan: MinorRefundPlan) -> None:
        super().__init__(plan.digest)
        self.plan = plan


async def refund_minor(
    conn: Conn,
    refund_id: UUID,
    order: MinorRefundOrder,
    act: Act,
    *,
    expected_digest: str,
    traceparent: str | None = None,
) -> Refunded | None:
    """Book a refund of all purchases concerned, once per refund id, however often it is asked for.

    None: it is so much that the policy wants a second operator to ask for the same.

    Locks: the purchases in the order of their ids, the buyer's account, then system accounts.

    Args:
        conn: An open transaction.
        refund_id: Made by the caller and kept when it retries.
        order: What to refund.
        act: Who asks, and why; both are kept.
        expected_digest: Of the preview that was looked at: exactly that is booked or nothing.
        traceparent: The trace that events carry on.

    Raises:
        RefundTermsInvalidError: The range or the share is none.
        ProposalConflictError: The id was proposed with other terms.
        MinorRefundConflictError: The id belongs to a refund with other terms.
        NothingToRefundError: Nothing was spent in the range that could go back.
        MinorRefundChangedError: It would be another plan than was expected.
    """
    check_order(order)
    charges = await select_charges(conn, order)
    bought = await purchases.lock_purchases(conn, list(charges))
    heads = await accounts.lock_heads(conn, [order.user_id])
    # Only under the locks: of two copies the second sees what the first has booked.
    booked = await minor_refunds.find_refund(conn, refund_id)
    if booked is not None:
        if not _is_same(booked, order, act, expected_digest):
            raise MinorRefundConflictError
        return Refunded(booked, await minor_refunds.select_plan(conn, refund_id), replayed=True)
    if not heads:
        raise NothingToRefundError
    head = heads[order.user_id]
    # Read again: what was charged until the account was locked makes it another plan. A purchase
    # that is new in it is not locked, nor was it in what was looked at.
    charges = await select_charges(conn, order)
    has_grown = not charges.keys() <= bought.keys()
    if has_grown:
        bought = await purchases.select_purchases(conn, list(charges))
    plan = await plan_refund(conn, order, head, list(bought.values()), charges, at=act.at)
    if has_grown or plan.digest != expected_digest:
        raise MinorRefundChangedError(plan)
    if not await _is_allowed(conn, refund_id, order, act, plan):
        return None
    refund = await _book(conn, refund_id, order, act, plan, head, bought, traceparent)
    return Refunded(refund, plan, replayed=False)


async def _is_allowed(
    conn: Conn, refund_id: UUID, order: MinorRefundOrder, act: Act, plan: MinorRefundPlan
) -> bool:
    policy = policy_in_force(published_policies(), act.at)
    if plan.coins < policy.second_operator_from_coins:
        return True
    terms = {**order._asdict(), "digest": plan.digest, "reason": act.reason}
    return await operators.is_approved(conn, act, _ACTION, str(refund_id), terms)


async def _book(
    conn: Conn,
    refund_id: UUID,
    order: MinorRefundOrder,
    act: Act,
    plan: MinorRefundPlan,
    before: Head,
    bought: Mapping[UUID, Purchase],
    traceparent: str | None,
) -> MinorRefund:
    await operators.record(
        conn,
        act,
        _ACTION,
        str(refund_id),
        {
            **order._asdict(),
            "coins": plan.coins,
            "amounts_minor": plan.amounts_minor,
            "purchases": len(plan.parts),
            "digest": plan.digest,
        },
    )
    lots = await standings.select_standings(conn, {part.purchase_id: before for part in plan.parts})
    head = before
    reversal_ids: list[UUID] = []
    events: list[Event] = []
    for part in plan.parts:
        reversal_id = derived_id(refund_id, f"minor_refund:{part.purchase_id}")
        done = await book_operator_reversal(
            conn,
            bought[part.purchase_id],
            Planned(part.plan, head, lots[part.purchase_id].by_id),
            act,
            reversal_id=reversal_id,
            kind="minor_refund",
        )
        head = done.head
        reversal_ids.append(reversal_id)
        events += done.events
    refund = MinorRefund(
        refund_id,
        *order,
        plan.coins,
        plan.digest,
        act.operator_id,
        act.reason,
        act.at,
    )
    if not await minor_refunds.insert_refund(conn, refund, reversal_ids):
        # Another user's, booked at the same moment: only that one is not kept out by the locks.
        raise MinorRefundConflictError
    events += balance_after(before, head, "reversal", act.at)
    await outbox.record(conn, *events, traceparent=traceparent)
    return refund


def _is_same(booked: MinorRefund, order: MinorRefundOrder, act: Act, expected_digest: str) -> bool:
    """Whether it is a retry: the same words by whomever."""
    asked = (*order, expected_digest, act.reason)
    return asked == (
        booked.user_id,
        booked.range_from,
        booked.range_to,
        booked.share_bps,
        booked.digest,
        booked.note,
    )
