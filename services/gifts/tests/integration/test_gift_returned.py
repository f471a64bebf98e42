"""Gifts that creators froze go back when operators say so, by the way of those that are undone."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import clock, ids, outbox
from chassis.batch import Batch
from chassis.db import transact, transaction
from chassis.outbox import API_STREAM
from chassis.testing.databases import Database
from contracts.event import decoder
from contracts.gifts.v1 import GiftReversed, UndoRequested
from contracts.payouts.v1 import QUARANTINE, GiftReturned
from contracts.wallet.v1 import PURCHASE
from gifts.commands.undo_gift import undo_gift
from gifts.consumers.gift_returned import OnGiftReturned
from gifts.domain.gift import Gift
from gifts.testing import (
    NOW,
    a_new_gift,
    an_order,
    asked_of,
    batch_of,
    posted,
    refused,
    settle,
    stored_events,
    take_back,
    taken_back,
    undone,
    write,
)
from gifts.testing.rooms import open_a_room, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

WINDOW = timedelta(seconds=5)
STREAM = f"{QUARANTINE.name}:0"
READ = "query ($id: UUID!) { gift(id: $id) { status undoableUntil undoRequestedAt } }"


def returned(gift: Gift, **changes: Any) -> GiftReturned:
    """Payouts' word that an operator has a gift given back."""
    given: dict[str, Any] = {"gift_id": gift.gift_id, "creator_id": gift.creator_id, **changes}
    return GiftReturned(
        quarantine_id=ids.uuid7(), operator_id="olga", returned_at=NOW + timedelta(days=1), **given
    )


async def hear(service: Database, *events: GiftReturned) -> Batch:
    """Apply payouts' word as the consumer does."""
    batch = batch_of(*events, topic=QUARANTINE)
    async with transaction(service.pool) as conn:
        await OnGiftReturned().apply(conn, batch)
        await outbox.append(conn, batch.outgoing)
    return batch


async def requests(service: Database) -> list[UndoRequested]:
    """What the wallet was asked, by senders and by operators."""
    reader = decoder(UndoRequested)
    return [
        reader.decode(event.value)
        for stream in (API_STREAM, STREAM)
        for event in await stored_events(service.pool, stream)
        if event.type == "gifts.undo_requested.v1"
    ]


async def sent(service: Database, **changes: Any) -> Gift:
    new = a_new_gift(an_order(**changes))
    await write(service.pool, new)
    await settle(service.pool, posted(new.gift, posted_at=clock.now()))
    return new.gift


async def read(ask: Ask, gift_id: UUID) -> dict[str, Any]:
    body = await ask(READ, {"id": str(gift_id)}, sub="alice", scope="viewer")
    assert "errors" not in body, body
    return body["data"]["gift"]


async def test_a_returned_gift_is_undone(service: Database, ask: Ask) -> None:
    """The wallet is asked once, however often it is told; its sender is told that it went back."""
    gift = await sent(service)
    event = returned(gift)

    await hear(service, event, event)
    await hear(service, event)

    [request] = await requests(service)
    assert (request.charge_id, request.payer_id, request.order_key) == (
        gift.gift_id,
        "alice",
        "star",
    )
    assert (request.reason, request.operator_id) == ("quarantine", "olga")
    await take_back(service.pool, undone(gift, reason="quarantine"))
    after = await read(ask, gift.gift_id)
    assert after == {"status": "REVERSED", "undoableUntil": None, "undoRequestedAt": None}
    [told] = [
        decoder(GiftReversed).decode(each.value)
        for each in await stored_events(service.pool, f"{PURCHASE.name}:0")
    ]
    assert (told.gift_id, told.coins, told.reason) == (gift.gift_id, gift.price_coins, "quarantine")
    assert await service.pool.fetchval("SELECT coins FROM creator_total") == 0


async def test_its_room_stands_as_before(service: Database) -> None:
    """Totals and gifters go back by the next frame, as of any gift that is taken back."""
    room = await open_a_room(service.pool)
    gift = await sent(service, target_kind="room", target_id=str(room.room_id))
    await hear(service, returned(gift))
    later = clock.now() + timedelta(seconds=9)

    await take_back(service.pool, undone(gift, reason="quarantine"), now=lambda: later)

    *_, last = await told_frames(service.pool, room.room_id)
    assert (last.totals.coins, last.totals.gifts, last.totals.gifters) == (0, 0, 0)


@pytest.mark.parametrize("first", ["alice", "olga"])
async def test_sender_and_operator_ask_once(service: Database, first: str) -> None:
    """Whoever comes first; the gift ends the same."""
    gift = await sent(service)

    async def asked_by(who: str) -> None:
        if who == "olga":
            await hear(service, returned(gift))
            return
        await transact(
            service.pool,
            lambda conn: undo_gift(conn, gift.gift_id, "alice", WINDOW, at=clock.now()),
        )

    await asked_by(first)
    await asked_by("olga" if first == "alice" else "alice")

    [request] = await requests(service)
    assert request.reason == ("undo" if first == "alice" else "quarantine")


async def test_at_once_they_ask_once(service: Database) -> None:
    """The second waits for the first, and finds its note."""
    for _ in range(8):
        gift = await sent(service)
        before = len(await requests(service))

        await asyncio.gather(
            hear(service, returned(gift)),
            transact(
                service.pool,
                lambda conn, gift=gift: undo_gift(
                    conn, gift.gift_id, "alice", WINDOW, at=clock.now()
                ),
            ),
        )

        assert len(await requests(service)) == before + 1


async def test_what_was_never_given_is_set_aside(service: Database) -> None:
    """A person has to look; the others of the batch are asked for."""
    gift, pending, broke = await sent(service), a_new_gift(), a_new_gift()
    await write(service.pool, pending, broke)
    await settle(service.pool, refused(broke.gift))

    batch = await hear(
        service,
        returned(gift, creator_id="moon"),
        returned(gift, gift_id=ids.uuid7()),
        returned(pending.gift),
        returned(broke.gift),
    )

    assert len(batch.set_aside_reasons) == 4
    assert await requests(service) == []
    assert (await hear(service, returned(gift))).set_aside_reasons == {}


async def test_a_gift_that_is_taken_back_already_is_asked_for(service: Database) -> None:
    """With its payment, which may come back: the wallet knows what is to be swapped."""
    gift = await sent(service)
    await take_back(service.pool, taken_back(asked_of(gift)))

    await hear(service, returned(gift))

    assert len(await requests(service)) == 1


async def test_nothing_is_returned_that_nobody_asked_for(service: Database) -> None:
    """The database wants the note of it, for that reason."""
    gift = await sent(service)

    with pytest.raises(asyncpg.CheckViolationError, match="nobody asked"):
        await take_back(service.pool, undone(gift, reason="quarantine"))
    await transact(
        service.pool, lambda conn: undo_gift(conn, gift.gift_id, "alice", WINDOW, at=clock.now())
    )
    with pytest.raises(asyncpg.CheckViolationError, match="nobody asked"):
        await take_back(service.pool, undone(gift, reason="quarantine"))
    await take_back(service.pool, undone(gift))
