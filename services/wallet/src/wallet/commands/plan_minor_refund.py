"""What a refund of a minor's gifts would take back, and of whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from wallet.domain.ledger import Head
from wallet.domain.minor_refund import (
    GiftsOfPurchase,
    MinorRefundOrder,
    MinorRefundPlan,
    NothingToRefundError,
    check_order,
    plan_minor_refund,
    uses_in_range,
)
from wallet.domain.purchase import Purchase
from wallet.domain.reversal_policy import policy_in_force
from wallet.store import accounts, claims, minor_refunds, purchases, standings
from wallet.store.reversal_policies import published_policies


async def preview_minor_refund(
    conn: Conn, order: MinorRefundOrder, *, at: datetime
) -> MinorRefundPlan:
    """Who would lose what, if it were booked now. Nothing is locked and nothing changes.

    Raises:
        RefundTermsInvalidError: The range or the share is none.
        NothingToRefundError: Nothing was spent in the range that could go back.
    """
    check_order(order)
    heads = await accounts.select_heads(conn, [order.user_id])
    if not heads:
        raise NothingToRefundError
    charges = await select_charges(conn, order)
    bought = await purchases.select_purchases(conn, list(charges))
    head = heads[order.user_id]
    return await plan_refund(conn, order, head, list(bought.values()), charges, at=at)


async def select_charges(conn: Conn, order: MinorRefundOrder) -> Mapping[UUID, frozenset[UUID]]:
    """By purchase, the gifts in the range that its coins paid; of an unknown user none."""
    return await minor_refunds.select_charges_in_range(
        conn, order.user_id, order.range_from, order.range_to
    )


async def plan_refund(
    conn: Conn,
    order: MinorRefundOrder,
    head: Head,
    bought: Sequence[Purchase],
    charges: Mapping[UUID, frozenset[UUID]],
    *,
    at: datetime,
) -> MinorRefundPlan:
    """Who would lose what of these purchases.

    Args:
        conn: Any session; the plan is what will be booked only where purchases and account stay
            locked.
        order: What to refund.
        head: The account.
        bought: The purchases, in the order of their ids.
        charges: By purchase, the gifts in the range.
        at: Now: decides which policy is in force and what has matured.

    Raises:
        NothingToRefundError: It is less than a coin.
    """
    known = await standings.select_standings(conn, {each.purchase_id: head for each in bought})
    known = await standings.with_uses(conn, known)
    booked = await claims.select_claims(conn, list(known))
    found = [
        GiftsOfPurchase(
            purchase,
            [
                uses_in_range(lot, charges[purchase.purchase_id])
                for lot in known[purchase.purchase_id].lots
            ],
            sum(each.booked_minor for each in booked[purchase.purchase_id]),
        )
        for purchase in bought
    ]
    policy = policy_in_force(published_policies(), at)
    plan = plan_minor_refund(found, order.share_bps, policy, at=at)
    if not plan.parts:
        raise NothingToRefundError
    return plan
