"""Write gifts and ask the wallet to charge them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from chassis import outbox
from chassis.db import Conn
from chassis.outbox import API_STREAM, Outgoing
from contracts.gifts.v1 import ChargeRequested
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift
from gifts.domain.refusals import (
    GiftsNotAcceptedError,
    IdempotencyConflictError,
    RoomNotOpenError,
)
from gifts.store import gift as store
from gifts.store.creator import select_accepting


class NewGift(NamedTuple):
    """A gift to be written: see `gifts.domain.gift.accept_order`."""

    gift: Gift
    body_hash: bytes
    """Of the order that made it; a retry has the same."""
    payer: Payer
    """As the first request's token told: a retry from elsewhere changes nothing."""
    traceparent: str | None = None
    """The trace that the charge carries on."""


class Written(NamedTuple):
    """A gift as it is stored now."""

    gift: Gift
    replayed: bool
    """Whether an earlier request wrote it: it may be settled by now."""


type Outcome = Written | GiftsNotAcceptedError | RoomNotOpenError | IdempotencyConflictError


async def send_gifts(conn: Conn, gifts: Sequence[NewGift]) -> list[Outcome]:
    """Write each gift once, however often it is sent, and request its charge with it.

    The id decides: sent again with the same body it gives the gift as it stands, whatever has
    changed since; with another body, or by somebody else, a conflict. Refusals are returned rather
    than raised, so that the neighbours in the batch go on.

    Args:
        conn: An open transaction. The lock of the outbox' api stream is held until it ends.
        gifts: What to write; ids may repeat.

    Returns:
        What came of each, in order. Only gifts written now have changed anything.
    """
    first = {new.gift.gift_id: new for new in reversed(gifts)}
    unique = gifts if len(first) == len(gifts) else list(first.values())
    free = await store.insert_gifts(
        conn,
        [new.gift for new in unique],
        [new.body_hash for new in unique],
        [new.payer for new in unique],
    )
    if len(free) == len(gifts):
        outcomes: list[Outcome] = [Written(new.gift, replayed=False) for new in gifts]
        fresh = unique
    else:
        outcomes = await _told_apart(conn, gifts, free)
        fresh = [new for new in unique if new.gift.gift_id in free]
    await outbox.append(conn, {API_STREAM: _charge_requests(fresh)})
    return outcomes


async def _told_apart(conn: Conn, gifts: Sequence[NewGift], free: set[UUID]) -> list[Outcome]:
    """Which gifts were written now, which before, which conflict and which nobody wanted.

    Of those whose id was free the first of each id was written now.
    """
    stored = await store.select_gifts(conn, [new.gift.gift_id for new in gifts])
    hosts = await _hosts_who_accept(conn, [new.gift for new in gifts], stored)
    unclaimed = set(free)
    outcomes: list[Outcome] = []
    for new in gifts:
        if new.gift.gift_id in unclaimed:
            unclaimed.remove(new.gift.gift_id)
            outcomes.append(Written(new.gift, replayed=False))
        elif (found := stored.get(new.gift.gift_id)) is None:
            refused_by_room = new.gift.target_kind == "room" and new.gift.creator_id in hosts
            outcomes.append(RoomNotOpenError() if refused_by_room else GiftsNotAcceptedError())
        elif found.body_hash != new.body_hash:
            outcomes.append(IdempotencyConflictError())
        else:
            outcomes.append(Written(found.gift, replayed=True))
    return outcomes


async def _hosts_who_accept(
    conn: Conn, gifts: Sequence[Gift], stored: Collection[UUID]
) -> Collection[str]:
    """Of the creators whose rooms got nothing those who take gifts: it was for the room, then.

    A creator may have opted in since.
    """
    hosts = [
        gift.creator_id
        for gift in gifts
        if gift.target_kind == "room" and gift.gift_id not in stored
    ]
    return await select_accepting(conn, hosts) if hosts else ()


def _charge_requests(gifts: Sequence[NewGift]) -> Outgoing:
    outgoing = Outgoing()
    for gift, _, payer, traceparent in gifts:
        outgoing.add(
            ChargeRequested(
                charge_id=gift.gift_id,
                payer_id=gift.sender_id,
                order_key=gift.creator_id,
                coins=gift.price_coins,
                payer_region=payer.region,
                payer_age=payer.age,
            ),
            traceparent,
        )
    return outgoing
