"""A sender undoes a gift."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import outbox
from chassis.db import Conn
from contracts.gifts.v1 import UndoRequested
from gifts.domain.gift import Gift
from gifts.domain.refusals import GiftUnknownError
from gifts.domain.regret import check_regret
from gifts.store import undo as store
from gifts.store.gift import select_gifts


async def undo_gift(
    conn: Conn,
    gift_id: UUID,
    sender_id: str,
    window: timedelta,
    *,
    at: datetime,
    traceparent: str | None = None,
) -> Gift:
    """Ask the wallet, once, to give a gift's charge back, and return the gift as it stands.

    The request follows that of the charge in the same stream and partition, so that a gift that is
    still being charged is undone as soon as it is. Asked for again, however late, it is the same.

    Locks: the gift, then the outbox' api stream.

    Args:
        conn: An open transaction.
        gift_id: Which.
        sender_id: Who asks.
        window: From the charge on, in which it may be undone.
        at: Now.
        traceparent: The trace that the request carries on.

    Raises:
        DomainError: One of the refusals of `check_regret`.
    """
    await store.lock_gifts(conn, [gift_id])
    stored = (await select_gifts(conn, [gift_id])).get(gift_id)
    if stored is None or stored.gift.sender_id != sender_id:
        raise GiftUnknownError
    gift = stored.gift
    if await store.select_undos(conn, [gift_id]):
        return gift
    check_regret(gift, sender_id, window, at=at)
    await store.insert_undos(conn, [gift_id], "undo", at)
    request = UndoRequested(
        charge_id=gift_id, payer_id=sender_id, order_key=gift.creator_id, asked_at=at
    )
    await outbox.record(conn, request, traceparent=traceparent)
    return gift
