"""Resolves `previewReversal`, and what it has in common with `reversePurchase`."""

from typing import Final, cast
from uuid import UUID

from chassis.db import transact
from chassis.graphql import require_scope
from wallet.commands.reverse_purchase import (
    PurchaseNotReversibleError,
    ReversalExceedsPaymentError,
    ReversalOrder,
    preview_reversal,
)
from wallet.domain.claims import ClaimKind
from wallet.graphql.context import Info
from wallet.graphql.reversal import (
    PreviewReversalInput,
    PreviewReversalResult,
    PurchaseNotReversible,
    ReversalPreview,
    ReversalReason,
    exceeds,
)

REFUNDER: Final = "operator:refunds"


def order_of(purchase_id: UUID, reason: ReversalReason, amount_minor: int | None) -> ReversalOrder:
    """What is asked for."""
    return ReversalOrder(purchase_id, cast("ClaimKind", reason.value), amount_minor)


def not_reversible() -> PurchaseNotReversible:
    """The refusal of a purchase of which nothing can go back."""
    return PurchaseNotReversible(message="Nothing of such a purchase can be taken back.")


async def preview(info: Info, wanted: PreviewReversalInput) -> PreviewReversalResult:
    """Who would lose what; read in one transaction, so that its parts agree."""
    context = info.context
    require_scope(context, REFUNDER)
    order = order_of(wanted.purchase_id, wanted.reason, wanted.amount_minor)
    try:
        plan, currency = await transact(
            context.pool, lambda conn: preview_reversal(conn, order, at=context.now())
        )
    except PurchaseNotReversibleError:
        return not_reversible()
    except ReversalExceedsPaymentError as error:
        return exceeds(error.left_minor, error.currency)
    return ReversalPreview.of(plan, currency)
