"""Write gifts and ask the wallet to charge them."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from chassis import outbox
from chassis.db import Conn
from chassis.outbox import API_STREAM, Outgoing
from contracts.gifts.v1 import ChargeRequested
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift
from gifts.domain.refusals import (
    GifterBlockedError,
    GiftsNotAcceptedError,
    IdempotencyConflictError,
    RoomNotOpenError,
)
from gifts.domain.word_list import Hit
from gifts.store import gift as store
from gifts.store.message import insert_withheld
from gifts.store.user_name import upsert_names


class NewName(NamedTuple):
    """What a sender calls themselves, where that may be new."""

    name: str | None
    """None: nothing that can be shown."""


class NewGift(NamedTuple):
    """A gift to be written: see `gifts.domain.gift.accept_order`."""

    gift: Gift
    body_hash: bytes
    """Of the order that made it; a retry has the same."""
    payer: Payer
    """As the first request's token told: a retry from elsewhere changes nothing."""
    traceparent: str | None = None
    """The trace that the charge carries on."""
    hit: Hit | None = None
    """Why its message is withheld, if it is; then `gift.silenced` says so."""
    name: NewName | None = None
    """None: it is known, or the sender's token says nothing of it."""


class Written(NamedTuple):
    """A gift as it is stored now."""

    gift: Gift
    replayed: bool
    """Whether an earlier request wrote it: it may be settled by now."""


type Unwanted = GiftsNotAcceptedError | RoomNotOpenError | GifterBlockedError
type Outcome = Written | Unwanted | IdempotencyConflictError

_UNWANTED: Final[Mapping[str, type[Unwanted]]] = {
    error.code: error for error in (GiftsNotAcceptedError, RoomNotOpenError, GifterBlockedError)
}


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
    names = {new.gift.sender_id: new.name.name for new in gifts if new.name is not None}
    if names:
        # Before anything that others wait for.
        await upsert_names(conn, names, at=gifts[0].gift.requested_at)
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
    withheld = {new.gift.gift_id: new.hit for new in fresh if new.hit is not None}
    if withheld:
        await insert_withheld(conn, withheld, at=fresh[0].gift.requested_at)
    await outbox.append(conn, {API_STREAM: _charge_requests(fresh)})
    return outcomes


async def _told_apart(conn: Conn, gifts: Sequence[NewGift], free: set[UUID]) -> list[Outcome]:
    """Which gifts were written now, which before, which conflict and which nobody wanted.

    Of those whose id was free the first of each id was written now.
    """
    stored = await store.select_gifts(conn, [new.gift.gift_id for new in gifts])
    unwanted = [new.gift for new in gifts if new.gift.gift_id not in stored]
    codes = iter(await store.explain_unwanted(conn, unwanted) if unwanted else ())
    unclaimed = set(free)
    outcomes: list[Outcome] = []
    for new in gifts:
        if new.gift.gift_id in unclaimed:
            unclaimed.remove(new.gift.gift_id)
            outcomes.append(Written(new.gift, replayed=False))
        elif (found := stored.get(new.gift.gift_id)) is None:
            outcomes.append(_UNWANTED[next(codes)]())
        elif found.body_hash != new.body_hash:
            outcomes.append(IdempotencyConflictError())
        else:
            outcomes.append(Written(found.gift, replayed=True))
    return outcomes


def _charge_requests(gifts: Sequence[NewGift]) -> Outgoing:
    outgoing = Outgoing()
    for new in gifts:
        gift, payer = new.gift, new.payer
        outgoing.add(
            ChargeRequested(
                charge_id=gift.gift_id,
                payer_id=gift.sender_id,
                order_key=gift.creator_id,
                coins=gift.price_coins,
                payer_region=payer.region,
                payer_age=payer.age,
            ),
            new.traceparent,
        )
    return outgoing
