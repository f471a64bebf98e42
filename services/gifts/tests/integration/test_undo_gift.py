"""Senders undo gifts: asked for once, and taken back wherever the gift counted (I11)."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import clock, ids
from chassis.db import transact, transaction
from chassis.outbox import API_STREAM
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from contracts.event import decoder
from contracts.gifts.v1 import GiftReversed, UndoRequested
from contracts.wallet.v1 import PURCHASE
from gifts.commands.send_gifts import NewGift
from gifts.commands.undo_gift import undo_gift
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from gifts.domain.gift import Gift
from gifts.domain.room import Goal
from gifts.domain.room_rules import RoomRules
from gifts.testing import (
    NOW,
    a_new_gift,
    an_order,
    asked_of,
    batch_of,
    given_back,
    posted,
    refused,
    settle,
    stored_events,
    take_back,
    taken_back,
    undone,
    write,
)
from gifts.testing.boards import agree
from gifts.testing.rooms import open_a_room, tick, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

WINDOW = timedelta(seconds=5)
RULES = RoomRules(regret_window=WINDOW)
UNDO = """mutation ($input: UndoGiftInput!) { undoGift(input: $input) {
  __typename
  ... on UndoGiftPayload { gift { id status undoableUntil undoRequestedAt } }
  ... on Refusal { code message } ... on RegretOver { endedAt }
} }"""
READ = "query ($id: UUID!) { gift(id: $id) { status undoableUntil undoRequestedAt } }"


async def undo(ask: Ask, gift_id: UUID, *, sub: str = "alice") -> dict[str, Any]:
    body = await ask(UNDO, {"input": {"giftId": str(gift_id)}}, sub=sub, scope="viewer")
    assert "errors" not in body, body
    return body["data"]["undoGift"]


async def read(ask: Ask, gift_id: UUID) -> dict[str, Any]:
    body = await ask(READ, {"id": str(gift_id)}, sub="alice", scope="viewer")
    assert "errors" not in body, body
    return body["data"]["gift"]


async def requests(service: Database) -> list[UndoRequested]:
    """What the wallet was asked."""
    reader = decoder(UndoRequested)
    return [
        reader.decode(event.value)
        for event in await stored_events(service.pool, API_STREAM)
        if event.type == "gifts.undo_requested.v1"
    ]


async def sent_now(service: Database, **changes: Any) -> Gift:
    """A gift that is charged this moment."""
    new = a_new_gift(an_order(**changes))
    await write(service.pool, new)
    await settle(service.pool, posted(new.gift, posted_at=clock.now()))
    return new.gift


async def test_a_gift_is_undone_by_its_sender(service: Database, ask: Ask) -> None:
    """The wallet is asked once, however often; its word takes the gift back, for ever."""
    gift = await sent_now(service)
    before = await read(ask, gift.gift_id)

    first = await undo(ask, gift.gift_id)
    again = await undo(ask, gift.gift_id)

    assert before["undoableUntil"] is not None
    assert before["undoRequestedAt"] is None
    assert first["__typename"] == "UndoGiftPayload"
    assert first == again
    assert first["gift"]["undoableUntil"] is None
    [request] = await requests(service)
    assert (request.charge_id, request.payer_id, request.order_key, request.reason) == (
        gift.gift_id,
        "alice",
        "star",
        "undo",
    )
    word = undone(gift)
    await take_back(service.pool, word, word)
    after = await undo(ask, gift.gift_id)
    assert after["gift"]["status"] == "REVERSED"
    assert after["gift"]["undoRequestedAt"] == first["gift"]["undoRequestedAt"]
    [told] = [
        decoder(GiftReversed).decode(event.value)
        for event in await stored_events(service.pool, f"{PURCHASE.name}:0")
    ]
    assert (told.gift_id, told.coins, told.reason) == (gift.gift_id, gift.price_coins, "undo")
    assert await service.pool.fetchval("SELECT coins FROM creator_total") == 0


async def test_refusals(service: Database, ask: Ask) -> None:
    """Each with its code, and the wallet is asked nothing."""
    late, gone, broke, mine = [a_new_gift() for _ in range(4)]
    await write(service.pool, late, gone, broke, mine)
    await settle(
        service.pool,
        posted(late.gift, posted_at=NOW),
        posted(gone.gift, posted_at=clock.now()),
        refused(broke.gift),
        posted(mine.gift, posted_at=clock.now()),
    )
    await take_back(service.pool, taken_back(asked_of(gone.gift)))

    async def code(gift_id: UUID, sub: str = "alice") -> str:
        return (await undo(ask, gift_id, sub=sub))["code"]

    assert await code(late.gift.gift_id) == "regret_over"
    assert (await undo(ask, late.gift.gift_id))["endedAt"] is not None
    assert await code(gone.gift.gift_id) == "gift_taken_back"
    assert await code(broke.gift.gift_id) == "gift_not_charged"
    assert await code(ids.uuid7()) == "gift_unknown"
    assert await code(mine.gift.gift_id, sub="star") == "gift_unknown"
    assert await code(mine.gift.gift_id, sub="mallory") == "gift_unknown"
    assert await requests(service) == []


async def test_a_gift_that_is_being_charged_is_undone_when_it_is(
    service: Database, ask: Ask
) -> None:
    """The request follows the charge's; the wallet's two words come in any order."""
    new = a_new_gift()
    await write(service.pool, new)
    answer = await undo(ask, new.gift.gift_id)
    types = [event.type for event in await stored_events(service.pool, API_STREAM)]

    assert answer["gift"]["status"] == "PENDING"
    assert types == ["gifts.charge_requested.v1", "gifts.undo_requested.v1"]
    await take_back(service.pool, undone(new.gift))
    await settle(service.pool, posted(new.gift))
    assert (await read(ask, new.gift.gift_id))["status"] == "REVERSED"


async def test_two_undos_at_once_ask_the_wallet_once(service: Database) -> None:
    """The second waits for the first, and finds its note."""
    gift = await sent_now(service)

    async def waits() -> bool:
        return await service.pool.fetchval(
            "SELECT count(*) > 0 FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )

    async with transaction(service.pool) as conn:
        await undo_gift(conn, gift.gift_id, "alice", WINDOW, at=clock.now())
        second = asyncio.create_task(
            transact(
                service.pool,
                lambda conn: undo_gift(conn, gift.gift_id, "alice", WINDOW, at=clock.now()),
            )
        )
        await eventually(waits)
    await second

    assert len(await requests(service)) == 1


async def test_the_request_and_its_note_are_one(service: Database) -> None:
    """Killed before the commit, nothing is left of either."""
    gift = await sent_now(service)

    async def fail() -> None:
        async with transaction(service.pool) as conn:
            await undo_gift(conn, gift.gift_id, "alice", WINDOW, at=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await requests(service) == []
    assert await service.pool.fetchval("SELECT count(*) FROM gift_undo") == 0


async def in_room(service: Database, room_id: UUID, sender: str, count: int) -> NewGift:
    new = a_new_gift(
        an_order(
            sender_id=sender,
            count=count,
            quoted_price_coins=count,
            target_kind="room",
            target_id=str(room_id),
        )
    )
    await write(service.pool, new)
    return new


async def test_a_room_loses_what_is_undone_and_a_streak_keeps_what_was_charged(
    service: Database,
) -> None:
    """Totals, gifters and the goal go back by the next frame; a line says until when it may be."""
    at = NOW + timedelta(seconds=1)
    await agree(service.pool, "ann", "bob")
    room = await open_a_room(service.pool, goal=Goal(coins=5))
    mine = await in_room(service, room.room_id, "ann", 2)
    other = await in_room(service, room.room_id, "bob", 3)
    await settle(
        service.pool,
        posted(mine.gift, posted_at=at),
        posted(other.gift, posted_at=at),
        rules=RULES,
        now=lambda: at,
    )
    await transact(
        service.pool, lambda conn: undo_gift(conn, other.gift.gift_id, "bob", WINDOW, at=at)
    )
    later = at + timedelta(seconds=1)

    await take_back(service.pool, undone(other.gift), rules=RULES, now=lambda: later)
    await tick(service.pool, later + RULES.streak_window * 2, rules=RULES)

    _, first, second, *rest = await told_frames(service.pool, room.room_id)
    assert [line.pending_until for line in first.gifts] == [at + WINDOW, at + WINDOW]
    assert first.goal is not None
    assert first.goal.reached_at is not None
    assert (second.totals.coins, second.totals.gifts, second.totals.gifters) == (2, 1, 1)
    assert second.goal is not None
    assert (second.goal.reached_coins, second.goal.reached_at) == (2, None)
    assert [(each.user_id, each.coins) for each in second.top_gifters] == [("ann", 2)]
    ends = [line for frame in [second, *rest] for line in frame.gifts if line.streak_ended]
    assert {line.sender_id: line.streak_count for line in ends} == {"ann": 2, "bob": 3}
    assert [line.pending_until for line in ends] == [None, None]


@pytest.mark.parametrize("window", [timedelta(0), timedelta(microseconds=1)], ids=["off", "over"])
async def test_a_line_says_nothing_when_the_time_is_over(
    service: Database, window: timedelta
) -> None:
    room = await open_a_room(service.pool)
    new = await in_room(service, room.room_id, "ann", 1)
    charged_at = NOW + timedelta(seconds=1)
    shown_at = charged_at + timedelta(microseconds=1)
    rules = RoomRules(regret_window=window)

    await settle(
        service.pool, posted(new.gift, posted_at=charged_at), rules=rules, now=lambda: shown_at
    )

    frame = (await told_frames(service.pool, room.room_id))[-1]
    assert [line.gift_id for line in frame.gifts] == [new.gift.gift_id]
    assert [line.pending_until for line in frame.gifts] == [None]


async def test_swapped_legs_and_an_undo_come_in_one_batch(service: Database, ask: Ask) -> None:
    """As the wallet tells a refund before the undo: given back, then undone."""
    gift = await sent_now(service)
    refund = taken_back(asked_of(gift))
    await transact(
        service.pool,
        lambda conn: undo_gift(conn, gift.gift_id, "alice", WINDOW, at=clock.now()),
    )

    await take_back(service.pool, refund, given_back(refund), undone(gift))

    assert (await read(ask, gift.gift_id))["status"] == "REVERSED"
    rows = await service.pool.fetch("SELECT reason FROM gift_reversal ORDER BY told_at, reason")
    assert sorted(row["reason"] for row in rows) == ["chargeback", "chargeback", "undo"]


async def test_the_database_undoes_nothing_that_nobody_asked_for(service: Database) -> None:
    gift = await sent_now(service)
    batch = batch_of(undone(gift), topic=PURCHASE)

    with pytest.raises(asyncpg.CheckViolationError, match="nobody asked for"):
        async with transaction(service.pool) as conn:
            await PurchaseTakenBack(RULES).apply(conn, batch)
