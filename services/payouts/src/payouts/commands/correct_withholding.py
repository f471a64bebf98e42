"""Give creators what was withheld of them before their form was valid (E41)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.second_operator import is_allowed
from payouts.domain.earnings import Worth
from payouts.domain.payout import Payout
from payouts.domain.refusals import CorrectionChangedError, PayoutUnknownError
from payouts.domain.withholding import Withholding, withholding
from payouts.store import (
    methods,
    payouts,
    reviews,
    tax_forms,
    terms,
    withholding_rates,
)
from payouts.store import withholding as journal

_ACTION: Final = "correctWithholding"


class Excess(NamedTuple):
    """What was withheld too much of a payout, by what is known now."""

    payout: Payout
    withheld_minor: int
    """What the tax office is owed of it."""
    excess_minor: int
    """What of that is the creator's; zero where nothing is."""
    share: Withholding | None
    """What should have been withheld; None where nothing can be corrected."""


class CorrectWithholding(NamedTuple):
    """What an operator orders, and why."""

    payout_id: UUID
    amount_minor: int
    """As it was seen: the whole excess."""
    act: Act


class Corrected(NamedTuple):
    """A payout whose withholding is corrected, and whether it was before."""

    payout: Payout
    amount_minor: int
    replayed: bool


async def correct_withholding(conn: Conn, order: CorrectWithholding) -> Corrected | None:
    """Let the excess of a payout be its creator's: the next payout in its currency carries it.

    None: it is so much that the terms want a second operator to ask for the same.

    Once for a payout and a form: what is corrected is not owed to the tax office any more.

    Raises:
        PayoutUnknownError: No such payout.
        CorrectionChangedError: The excess is another than the operator saw, or there is none.

    Locks: the creator.
    """
    payout = await payouts.find_payout(conn, order.payout_id)
    if payout is None:
        raise PayoutUnknownError
    await reviews.lock_creator(conn, payout.creator_id)
    payout = await payouts.find_payout(conn, order.payout_id)
    assert payout is not None, "payouts are never deleted"
    act, amount_minor = order.act, order.amount_minor
    found = await _excess(conn, payout, act.at)
    form_id = None if found.share is None else found.share.form_id
    done_minor = (
        None if form_id is None else await journal.find_correction(conn, payout.payout_id, form_id)
    )
    if done_minor is not None and done_minor == amount_minor:
        return Corrected(payout, amount_minor, replayed=True)
    if form_id is None or found.excess_minor == 0 or amount_minor != found.excess_minor:
        raise CorrectionChangedError(excess_minor=found.excess_minor, currency=payout.currency)
    details = {"amount_minor": amount_minor, "currency": payout.currency, "form_id": form_id}
    subject, amount = str(payout.payout_id), Worth(amount_minor, payout.currency)
    if not await is_allowed(conn, act, _ACTION, subject, amount, details, occasion=str(form_id)):
        return None
    await journal.insert_correction(
        conn,
        payout,
        tax_year=act.at.astimezone(UTC).year,
        amount_minor=amount_minor,
        form_id=form_id,
        at=act.at,
    )
    await operators.record(conn, act, _ACTION, str(payout.payout_id), details)
    return Corrected(payout, amount_minor, replayed=False)


async def preview_corrections(conn: Conn, creator_id: str, *, at: datetime) -> Sequence[Excess]:
    """What could be corrected of a creator's payouts now, oldest first. Changes nothing."""
    year = at.astimezone(UTC).year
    found: list[Excess] = []
    for payout_id in await journal.select_withheld_payouts(conn, creator_id, year):
        payout = await payouts.find_payout(conn, payout_id)
        assert payout is not None, "payouts are never deleted"
        excess = await _excess(conn, payout, at)
        if excess.excess_minor:
            found.append(excess)
    return found


async def _excess(conn: Conn, payout: Payout, at: datetime) -> Excess:
    """By the table that the payout was requested under, and the form that is valid now.

    Only within the calendar year in which it was paid: after that the tax office has been told of
    it, and the creator claims it there.
    """
    withheld = await journal.find_withheld(conn, payout.payout_id)
    if withheld is None:
        return Excess(payout, 0, 0, None)
    nothing = Excess(payout, withheld.tax_minor, 0, None)
    if withheld.tax_year != at.astimezone(UTC).year:
        return nothing
    share = await _share_now(conn, payout, at)
    if not share.rule.has_form:
        return nothing
    increment_minor = await _increment(conn, payout)
    excess_minor = withheld.tax_minor - share.of(payout.own_minor, increment_minor)
    return Excess(payout, withheld.tax_minor, max(excess_minor, 0), share)


async def _share_now(conn: Conn, payout: Payout, at: datetime) -> Withholding:
    assert payout.withholding_version is not None, "something was withheld of it"
    table = await withholding_rates.find_table(conn, payout.withholding_version)
    method = await methods.find_method(conn, payout.method_id)
    assert table is not None, "a payout refers to its table"
    assert method is not None, "a payout refers to its method"
    form = await tax_forms.find_form_that_counts(conn, payout.creator_id)
    return withholding(table, form, country=method.country, day=at.date())


async def _increment(conn: Conn, payout: Payout) -> int:
    """What amounts of the payout are multiples of, by its terms."""
    for each in await terms.select_terms(conn):
        if each.version == payout.terms_version:
            return each.currencies[payout.currency].increment_minor
    raise AssertionError("a payout refers to its terms")
