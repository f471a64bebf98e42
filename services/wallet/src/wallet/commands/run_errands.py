"""Take up what a store waits for, and note what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from wallet.domain.errands import PROBLEMS, Errand, ErrandOutcome, Usage, pause_after
from wallet.store import errands, provider_events, purchases


class TakenErrand(NamedTuple):
    """An errand in hand, with what it takes to run it."""

    errand: Errand
    product_id: str
    usage: Usage


async def take_errand(conn: Conn, providers: Sequence[str], *, at: datetime) -> TakenErrand | None:
    """The errand that has been due longest; None where none is.

    It is due again after a pause unless it is ended by then: whoever is killed with it in hand
    loses nothing.

    Args:
        conn: An open transaction.
        providers: Stores that can be asked.
        at: Now.
    """
    due = await errands.lock_due_errand(conn, providers, at=at)
    if due is None:
        return None
    await errands.update_due(conn, due.errand, due_at=at + pause_after(due.attempts))
    purchase = await purchases.find_purchase(conn, due.errand.purchase_id)
    assert purchase is not None, "purchases are never deleted"
    usage = await errands.find_usage(conn, purchase.purchase_id)
    return TakenErrand(due.errand, purchase.bundle_id, usage)


async def end_errand(conn: Conn, errand: Errand, outcome: ErrandOutcome, *, at: datetime) -> None:
    """Note that an errand is over; what went wrong raises an alarm.

    Args:
        conn: An open transaction.
        errand: In hand.
        outcome: What came of it.
        at: Now.
    """
    await errands.update_ended(conn, errand, outcome, ended_at=at)
    if outcome in PROBLEMS:
        reason = f"the store waits for {errand.kind} of a purchase in vain: {outcome}"
        event_id = f"errand:{errand.kind}:{errand.cause}"
        await provider_events.raise_alarm(conn, errand.provider, event_id, reason, at)
