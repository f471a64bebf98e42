"""The terms that hold now."""

from datetime import datetime

from chassis.db import Conn
from payouts.domain.terms import Terms
from payouts.store import terms


class NoTermsError(Exception):
    """No terms were ever published: nothing can be paid out, and trying again does not help."""


async def terms_in_force(conn: Conn, at: datetime) -> Terms:
    """The version in force at a moment.

    Raises:
        NoTermsError: Run `python -m payouts seed`, or `publish-payout-terms`.
    """
    found = await terms.find_terms_in_force(conn, at)
    if found is None:
        raise NoTermsError("no payout terms are in force: run `python -m payouts seed`")
    return found
