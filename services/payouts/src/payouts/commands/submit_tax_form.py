"""Take down what a creator declares of their taxes."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from payouts.domain.refusals import IdempotencyConflictError
from payouts.domain.tax_form import (
    FormStatus,
    TaxDeclaration,
    TaxForm,
    display,
    valid_until,
)
from payouts.sealing import Sealer
from payouts.store import reviews, tax_forms


class SubmitTaxForm(NamedTuple):
    """What a creator sends."""

    form_id: UUID
    creator_id: str
    declaration: TaxDeclaration


class Submitted(NamedTuple):
    """A form, and whether it was there before."""

    form: TaxForm
    replayed: bool


async def submit_tax_form(
    conn: Conn, order: SubmitTaxForm, sealer: Sealer, *, at: datetime
) -> Submitted:
    """Keep a form, its number sealed, once per id. It counts when an operator has verified it.

    Raises:
        IdempotencyConflictError: The id belongs to another form, be it another creator's.

    Locks: the creator.
    """
    await reviews.lock_creator(conn, order.creator_id)
    if (known := await tax_forms.find_form(conn, order.form_id)) is not None:
        if not await _is_retry(conn, known, order, sealer):
            raise IdempotencyConflictError
        return Submitted(known, replayed=True)
    declared = order.declaration
    form = TaxForm(
        form_id=order.form_id,
        creator_id=order.creator_id,
        kind=declared.kind,
        country=declared.country,
        claims_treaty=declared.claims_treaty,
        display=display(declared),
        submitted_at=at,
        valid_until=valid_until(declared.kind, at),
        status=FormStatus.PENDING,
        verified_at=None,
        reason=None,
    )
    sealed = sealer.seal_tax_id(order.form_id, declared.tax_id)
    if not await tax_forms.insert_form(conn, form, sealed_tax_id=sealed):
        # Taken by another creator a moment ago, whom our lock does not stop.
        raise IdempotencyConflictError
    return Submitted(form, replayed=False)


async def _is_retry(conn: Conn, known: TaxForm, order: SubmitTaxForm, sealer: Sealer) -> bool:
    """Compares the number itself: a hash of something so short would be a way to guess it."""
    if known.creator_id != order.creator_id or not known.says(order.declaration):
        return False
    sealed = await tax_forms.find_sealed_tax_id(conn, known.form_id)
    assert sealed is not None, "forms are never deleted"
    return sealer.open_tax_id(known.form_id, sealed) == order.declaration.tax_id
