"""An operator's decision on a tax form."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.domain.refusals import TaxFormDecidedError, TaxFormUnknownError
from payouts.domain.tax_form import FormDecision, FormStatus, TaxForm
from payouts.store import reviews, tax_forms


class ReviewTaxForm(NamedTuple):
    """What an operator decides, and why."""

    form_id: UUID
    decision: FormDecision
    act: Act


async def review_tax_form(conn: Conn, order: ReviewTaxForm) -> TaxForm:
    """Let a form count, or not, or not any more. Payouts that are requested already stay as they
    are until they are to be sent.

    Raises:
        TaxFormUnknownError: No such form.
        TaxFormDecidedError: It was rejected, or is already what it is to become.

    Locks: the creator.
    """
    form = await tax_forms.find_form(conn, order.form_id)
    if form is None:
        raise TaxFormUnknownError
    await reviews.lock_creator(conn, form.creator_id)
    form = await tax_forms.find_form(conn, order.form_id)
    assert form is not None, "forms are never deleted"
    status, act = FormStatus(order.decision), order.act
    if not form.can_become(status):
        raise TaxFormDecidedError(status=form.status)
    moved = await tax_forms.update_form(
        conn, form, status, at=act.at, actor=act.operator_id, reason=act.reason
    )
    assert moved, "whoever moves a form has the creator's lock"
    await operators.record(
        conn, act, "reviewTaxForm", str(order.form_id), {"decision": order.decision}
    )
    verified_at = act.at if status is FormStatus.VERIFIED else form.verified_at
    return msgspec.structs.replace(form, status=status, verified_at=verified_at, reason=act.reason)
