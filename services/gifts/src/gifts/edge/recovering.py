"""Reads what gifts itself has told, and finds the gifts in it that its database does not know."""

from datetime import datetime
from itertools import batched
from typing import Final
from uuid import UUID

from chassis.brokers import Servers
from chassis.db import Conn, Pool, transact
from chassis.rereading import read_told
from contracts.gifts.v1 import ChargeRequested, GiftSent
from gifts.commands.recover_gifts import LostGift, recover_gifts
from gifts.store.recovery import select_unknown

AT_ONCE: Final = 1_000


async def recover_lost(pool: Pool, servers: Servers, *, topic_prefix: str = "") -> int:
    """Write the gifts that were sent after the moment to which the database was restored.

    In memory is only what was lost. Again, or where nothing was lost, it does nothing.

    Raises:
        KafkaError: The broker is away, or does not let us read what gifts has told.
    """
    sent: dict[UUID, GiftSent] = {}
    async for events in read_told(servers, GiftSent, topic_prefix=topic_prefix):
        told = {event.gift_id: event for event, _ in events}
        async with pool.acquire() as conn:
            unknown = await select_unknown(conn, list(told))
        sent |= {gift_id: told[gift_id] for gift_id in unknown}
    if not sent:
        return 0
    asked: dict[UUID, tuple[ChargeRequested, datetime]] = {}
    async for events in read_told(servers, ChargeRequested, topic_prefix=topic_prefix):
        for event, at in events:
            if event.charge_id in sent:
                # The first is the gift's own; whoever else used the id was told of a conflict.
                asked.setdefault(event.charge_id, (event, at))
    lost: list[LostGift] = []
    for each in sorted(sent.values(), key=lambda each: each.sent_at):
        request, requested_at = asked.get(each.gift_id, (None, each.sent_at))
        lost.append(LostGift(each, request, requested_at))
    written = 0
    for some in batched(lost, AT_ONCE):

        async def work(conn: Conn, some: tuple[LostGift, ...] = some) -> int:
            return await recover_gifts(conn, some)

        written += await transact(pool, work)
    return written
