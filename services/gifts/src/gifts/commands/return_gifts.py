"""Gifts are given back to their senders because operators say so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from gifts.domain.gift import Gift, was_sent
from gifts.store import undo as store
from gifts.store.gift import select_gifts


class Returned(NamedTuple):
    """What came of it."""

    asked: dict[UUID, Gift]
    """Gifts of which the wallet is to be asked now."""
    unknown: set[UUID]
    """Gifts that were never sent to that creator."""


async def return_gifts(conn: Conn, told: Sequence[tuple[UUID, str]], *, at: datetime) -> Returned:
    """Note that gifts are to be undone, those that are not to be already: by their senders, say.

    Locks: the gifts, in the order of their ids.

    Args:
        conn: An open transaction.
        told: Gifts and their creators.
        at: Now.
    """
    ids = sorted({gift_id for gift_id, _ in told})
    await store.lock_gifts(conn, ids)
    stored = await select_gifts(conn, ids)
    unknown = {
        gift_id
        for gift_id, creator_id in told
        if gift_id not in stored
        or stored[gift_id].gift.creator_id != creator_id
        or not was_sent(stored[gift_id].gift)
    }
    before = await store.select_undos(conn, ids)
    asked = {
        gift_id: stored[gift_id].gift
        for gift_id in ids
        if gift_id not in unknown and gift_id not in before
    }
    if asked:
        await store.insert_undos(conn, list(asked), "quarantine", at)
    return Returned(asked, unknown)
