"""Resolves `previewReversal` and `reversePurchase`."""

from typing import Final, cast

from chassis.db import transact
from chassis.graphql import IdempotencyConflict, require_scope
from chassis.telemetry import current_traceparent
from wallet.commands.reverse_purchase import (
    PurchaseNotReversibleError,
    ReversalChangedError,
    ReversalConflictError,
    ReversalExceedsPaymentError,
    ReversalOrder,
    preview_reversal,
    reverse_purchase,
)
from wallet.domain.claims import ClaimKind
from wallet.graphql.context import Info
from wallet.graphql.reversal import (
    PreviewReversalInput,
    PreviewReversalResult,
    PurchaseNotReversible,
    ReasonMissing,
    Reversal,
    ReversalChanged,
    ReversalPreview,
    ReversePurchaseInput,
    ReversePurchasePayload,
    ReversePurchaseResult,
    exceeds,
)

REFUNDER: Final = "operator:refunds"
NOTE_MAX: Final = 500


def _order(wanted: PreviewReversalInput | ReversePurchaseInput) -> ReversalOrder:
    kind = cast("ClaimKind", wanted.reason.value)
    return ReversalOrder(wanted.purchase_id, kind, wanted.amount_minor)


def _not_reversible() -> PurchaseNotReversible:
    return PurchaseNotReversible(message="Nothing of such a purchase can be taken back.")


async def preview(info: Info, wanted: PreviewReversalInput) -> PreviewReversalResult:
    """Who would lose what; read in one transaction, so that its parts agree."""
    context = info.context
    require_scope(context, REFUNDER)
    try:
        plan, currency = await transact(
            context.pool, lambda conn: preview_reversal(conn, _order(wanted), at=context.now())
        )
    except PurchaseNotReversibleError:
        return _not_reversible()
    except ReversalExceedsPaymentError as error:
        return exceeds(error.left_minor, error.currency)
    return ReversalPreview.of(plan, currency)


async def reverse(info: Info, wanted: ReversePurchaseInput) -> ReversePurchaseResult:
    """Book it, or say what stands against it."""
    context = info.context
    operator = require_scope(context, REFUNDER)
    note = wanted.note.strip()
    if not 0 < len(note) <= NOTE_MAX or "\0" in note:
        return ReasonMissing(message=f"Say why, in 1 to {NOTE_MAX} characters.")
    traceparent = current_traceparent()
    try:
        done = await transact(
            context.pool,
            lambda conn: reverse_purchase(
                conn,
                wanted.reversal_id,
                _order(wanted),
                operator_id=operator.sub,
                note=note,
                expected_digest=wanted.expected_digest,
                at=context.now(),
                traceparent=traceparent,
            ),
        )
    except ReversalConflictError:
        return IdempotencyConflict()
    except PurchaseNotReversibleError:
        return _not_reversible()
    except ReversalExceedsPaymentError as error:
        return exceeds(error.left_minor, error.currency)
    except ReversalChangedError as error:
        return ReversalChanged(
            message="Something has changed since the preview: look at it again.",
            preview=ReversalPreview.of(error.plan, error.currency),
        )
    return ReversePurchasePayload(
        replayed=done.replayed,
        reversal=Reversal.of(done.reversal.reversal_id, done.plan, done.currency),
    )
