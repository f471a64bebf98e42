"""What is withheld of a creator now."""

from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import Payout
from payouts.domain.withholding import Withholding, WithholdingTable, withholding
from payouts.store import tax_forms, withholding_rates


class NoWithholdingError(Exception):
    """No table was ever published: nothing can be paid out, and trying again does not help."""


class InForce(NamedTuple):
    """What is withheld, and whether payouts wait for a form instead."""

    share: Withholding
    is_held: bool


async def withholding_in_force(conn: Conn, method: PayoutMethod, at: datetime) -> InForce:
    """What is withheld of what goes to a method at a moment, by the table and the form of then.

    Raises:
        NoWithholdingError: Run `python -m payouts seed`, or `publish-withholding`.
    """
    table = await withholding_rates.find_table_in_force(conn, at)
    if table is None:
        raise NoWithholdingError("no withholding table is in force: run `python -m payouts seed`")
    return await _by(conn, table, method, at)


async def is_covered(conn: Conn, payout: Payout, method: PayoutMethod, at: datetime) -> bool:
    """Whether what a payout withholds is still enough, now that it is to be sent.

    By the table that it was requested under, as with all its terms; but whoever pays answers for
    what was not withheld, so that the form has to be valid still.
    """
    if payout.withholding_version is None:
        return True
    table = await withholding_rates.find_table(conn, payout.withholding_version)
    assert table is not None, "a payout refers to its table"
    now = await _by(conn, table, method, at)
    return not now.is_held and now.share.bps <= payout.withheld_bps


async def _by(conn: Conn, table: WithholdingTable, method: PayoutMethod, at: datetime) -> InForce:
    form = await tax_forms.find_form_that_counts(conn, method.creator_id)
    share = withholding(table, form, country=method.country, day=at.date())
    return InForce(share, table.without_form == "hold" and not share.rule.has_form)
