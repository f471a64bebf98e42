"""Give charges back to who was charged, as if they had never been (I11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from contracts.event import Event
from wallet.commands.book_undos import UndoCase, book_undos
from wallet.domain.entries import Entries
from wallet.domain.ledger import Head, Movement
from wallet.domain.undo import UndoRequest, plan_undo, slices_of
from wallet.store import claims, lots, movements, purchases, undos


class Undoing(NamedTuple):
    """What came of some requests."""

    entries: Sequence[Entries]
    """What is written of accounts; the system accounts are not yet."""
    events: Sequence[Event]
    """To be told, in this order."""
    impossible: Mapping[int, str]
    """By place, why a request cannot be true; nothing was written for it."""


async def undo_charges(
    conn: Conn, requests: Sequence[UndoRequest], heads: Mapping[str, Head], *, at: datetime
) -> Undoing:
    """Undo charges, each once, however often it is asked for.

    Nothing happens to a charge that was refused, is undone already, or was refunded whole. However
    many there are, it takes as many statements as for one, but for what others bore for them.

    Args:
        conn: An open transaction that holds the payers' accounts locked. Whoever books something of
            a purchase holds its buyer's account; so purchases need not be locked.
        requests: Each of another payer.
        heads: Of every payer, as they are.
        at: Now.
    """
    charged = {
        each.movement_id: each
        for each in await movements.select_recorded(conn, [each.charge_id for each in requests])
    }
    before = await undos.select_undone(conn, list(charged))
    impossible: dict[int, str] = {}
    open_requests: list[tuple[UndoRequest, Movement]] = []
    for place, request in enumerate(requests):
        charge = charged.get(request.charge_id)
        reason = _contradiction(request, charge, heads[request.payer_id])
        if reason is not None:
            impossible[place] = reason
        elif charge is not None and charge.outcome == "posted" and charge.movement_id not in before:
            open_requests.append((request, charge))
    if not open_requests:
        return Undoing((), (), impossible)
    cases = await _planned(conn, open_requests, heads, at)
    if not cases:
        return Undoing((), (), impossible)
    events = await book_undos(conn, cases, at)
    return Undoing([case.entries for case in cases], events, impossible)


def _contradiction(request: UndoRequest, charge: Movement | None, head: Head) -> str | None:
    if charge is None or charge.kind != "charge":
        return "no charge has this id"
    if charge.account_id != head.account_id or charge.order_key != request.order_key:
        return "it was another charge"
    return None


async def _planned(
    conn: Conn,
    open_requests: Sequence[tuple[UndoRequest, Movement]],
    heads: Mapping[str, Head],
    at: datetime,
) -> list[UndoCase]:
    """The charges of which anything is left to be given back."""
    lot_ids = {
        lot_id
        for _, charge in open_requests
        for lot_id in (charge.lot_ids or [charge.lot_id])
        if lot_id is not None
    }
    known = await lots.select_lots(conn, sorted(lot_ids))
    taken = await undos.select_legs_of_lots(conn, lot_ids)
    plans = [
        (request, plan_undo(charge.movement_id, slices_of(charge, known.values()), taken))
        for request, charge in open_requests
    ]
    swapped = {each.purchase_id for _, undo in plans for each in undo.swaps}
    bought = await purchases.select_purchases(conn, swapped) if swapped else {}
    booked = await claims.select_claims(conn, swapped) if swapped else {}
    return [
        UndoCase(request, undo, heads[request.payer_id], bought, booked, at)
        for request, undo in plans
        if undo.slices
    ]
