"""Payments that are taken back take gifts with them, once, in whatever order they are told."""

import asyncio
import random
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.db import transaction
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from contracts.event import decoder, describe, encode
from contracts.gifts.v1 import GiftReinstated, GiftReversed
from contracts.wallet.v1 import PurchaseReinstated, PurchaseReversed, ReversedLeg
from gifts.commands.send_gifts import NewGift
from gifts.consumers.purchase_taken_back import EVENTS, PurchaseTakenBack
from gifts.store import history
from gifts.store.gift import select_gifts
from gifts.testing import (
    a_new_gift,
    an_order,
    asked_of,
    batch_of,
    given_back,
    open_shop,
    posted,
    refused,
    settle,
    stored_events,
    take_back,
    taken_back,
    write,
)

STREAM = "wallet.purchase.v1:0"
EXAMPLES = Path(__file__).parents[4] / "libs" / "contracts" / "examples"


async def sent(service: Database, count: int = 1, **changes: Any) -> list[NewGift]:
    """Gifts of seven coins that were charged."""
    gifts = [a_new_gift(an_order(**changes)) for _ in range(count)]
    await write(service.pool, *gifts)
    await settle(service.pool, *(posted(new.gift) for new in gifts))
    return gifts


async def shown(service: Database, new: NewGift) -> tuple[str, int]:
    """The gift's status, and its creator's coins in all."""
    async with service.pool.acquire() as conn:
        gift = (await select_gifts(conn, [new.gift.gift_id]))[new.gift.gift_id].gift
        return gift.status, await history.find_total_coins(conn, gift.creator_id)


async def told(service: Database) -> list[GiftReversed | GiftReinstated]:
    """What was published of taking back, whatever the stream."""
    readers = {describe(each).type: decoder(each) for each in (GiftReversed, GiftReinstated)}
    return [
        readers[event.type].decode(event.value)
        for stream in (STREAM, "wallet.charge.v1:0")
        for event in await stored_events(service.pool, stream)
        if event.type in readers
    ]


async def assert_reversals_add_up(service: Database) -> None:
    """Gifts, totals and events say the same as the journal; nothing waits for a settled gift."""
    wrong = await service.pool.fetch("""
        SELECT gift_id
        FROM gift AS g
        LEFT JOIN (
            SELECT
                gift_id,
                sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END) AS coins
            FROM gift_reversal
            GROUP BY gift_id
        ) AS r USING (gift_id)
        WHERE
            g.reversed_coins <> coalesce(r.coins, 0)
            OR (g.status = 'REVERSED') <> (g.reversed_coins = g.price_coins)
    """)
    assert wrong == []
    totals = await service.pool.fetch("""
        SELECT t.creator_id
        FROM creator_total AS t
        INNER JOIN (
            SELECT
                creator_id,
                sum(price_coins - reversed_coins) AS coins,
                count(*) FILTER (WHERE status = 'SENT') AS gifts
            FROM gift
            WHERE status IN ('SENT', 'REVERSED')
            GROUP BY creator_id
        ) AS g USING (creator_id)
        WHERE (t.coins, t.gifts) IS DISTINCT FROM (g.coins, g.gifts)
    """)
    assert totals == []
    assert (
        await service.pool.fetchval(
            "SELECT count(*) FROM waiting_reversal INNER JOIN gift USING (gift_id)"
            " WHERE status <> 'PENDING'"
        )
        == 0
    )
    journal = await service.pool.fetchval("SELECT count(*) FROM gift_reversal")
    assert len(await told(service)) == journal


async def test_gift_is_reversed_once_all_of_it_is_taken_back(service: Database) -> None:
    """Part by part it stays SENT with fewer coins; the last part makes it REVERSED."""
    [new] = await sent(service)

    await take_back(service.pool, taken_back(asked_of(new.gift, 3)))
    partly = await shown(service, new)
    event = taken_back(asked_of(new.gift, 4))
    batch = await take_back(service.pool, event, traceparent="00-aa-bb-01")

    assert partly == ("SENT", 4)
    assert await shown(service, new) == ("REVERSED", 0)
    [record] = batch.outgoing[STREAM].records
    assert (record.type, record.key) == ("gifts.gift_reversed.v1", "star")
    assert record.traceparent == "00-aa-bb-01"
    assert record.value == encode(
        GiftReversed(
            reversal_id=event.reversal_id,
            position=0,
            gift_id=new.gift.gift_id,
            creator_id="star",
            lot_id=7,
            coins=4,
            reason="chargeback",
            reversed_at=event.reversed_at,
        )
    )
    await assert_reversals_add_up(service)


async def test_reinstatement_gives_the_gift_back(service: Database) -> None:
    """In parts, each once; a coin is enough for SENT. More than was taken is set aside."""
    [new] = await sent(service)
    event = taken_back(asked_of(new.gift))
    await take_back(service.pool, event)

    one = given_back(event, coins=1)
    await take_back(service.pool, one, one)
    partly = await shown(service, new)
    await take_back(service.pool, given_back(event, coins=6))
    batch = await take_back(service.pool, given_back(event, coins=1))

    assert partly == ("SENT", 1)
    assert await shown(service, new) == ("SENT", 7)
    assert list(batch.set_aside_reasons) == [(0, 0)]
    assert [type(each) for each in await told(service)] == [
        GiftReversed,
        GiftReinstated,
        GiftReinstated,
    ]
    await assert_reversals_add_up(service)


async def test_repeats_have_no_second_effect(service: Database) -> None:
    """Within a batch, in the next one, and told as two parts of one reversal."""
    gifts = await sent(service, 3)
    event = taken_back(*(asked_of(new.gift, position=n) for n, new in enumerate(gifts)))

    await take_back(service.pool, event, event)
    await take_back(service.pool, event)

    assert [(await shown(service, new))[0] for new in gifts] == ["REVERSED"] * 3
    assert len(await told(service)) == 3
    await assert_reversals_add_up(service)


async def test_what_others_bear_is_no_business_of_gifts(service: Database) -> None:
    [new] = await sent(service)
    others = taken_back(
        ReversedLeg(position=0, kind="unspent", coins=5, lot_id=7, party="alice"),
        ReversedLeg(position=1, kind="payer_debt", coins=5, lot_id=7, party="alice"),
        ReversedLeg(position=2, kind="platform_loss", coins=5, lot_id=7),
    )

    await take_back(service.pool, others)

    assert await shown(service, new) == ("SENT", 7)
    assert await told(service) == []


async def test_leg_before_the_answer_waits_for_it(service: Database) -> None:
    """The topics are two: the gift is taken back with its settlement, after `GiftSent`."""
    new = a_new_gift()
    await write(service.pool, new)
    event = taken_back(asked_of(new.gift, 5))
    back = given_back(event, coins=2)

    await take_back(service.pool, event, event)
    await take_back(service.pool, event, back)
    before = await told(service)
    batch = await settle(service.pool, posted(new.gift), traceparent="00-aa-bb-01")

    assert before == []
    assert await shown(service, new) == ("SENT", 4)
    records = batch.outgoing["wallet.charge.v1:0"].records
    assert [(each.type, each.traceparent) for each in records] == [
        ("gifts.gift_sent.v1", "00-aa-bb-01"),
        ("gifts.gift_reversed.v1", "00-aa-bb-01"),
        ("gifts.gift_reinstated.v1", "00-aa-bb-01"),
    ]
    await take_back(service.pool, event, back)
    assert len(await told(service)) == 2
    await assert_reversals_add_up(service)


async def test_leg_and_answer_at_once_never_miss_each_other(service: Database) -> None:
    """Whichever is first, the other sees it: the lock of the gift is what they share."""
    [first] = await sent(service)
    for _ in range(20):
        new = a_new_gift()
        await write(service.pool, new)
        await asyncio.gather(
            settle(service.pool, posted(new.gift)),
            take_back(service.pool, taken_back(asked_of(new.gift))),
        )
        assert (await shown(service, new))[0] == "REVERSED"

    assert await shown(service, first) == ("SENT", 7)
    await assert_reversals_add_up(service)


async def test_settlement_that_is_under_way_is_waited_for(service: Database) -> None:
    """A leg that finds its gift being settled does not wait for an answer that has come."""
    new = a_new_gift()
    await write(service.pool, new)
    async with transaction(service.pool) as conn:
        await conn.execute(
            "UPDATE gift SET status = 'SENT', settled_at = now() WHERE gift_id = $1",
            new.gift.gift_id,
        )
        await conn.execute("INSERT INTO creator_total VALUES ('star', 7, 1)")
        taking = asyncio.create_task(take_back(service.pool, taken_back(asked_of(new.gift))))
        await eventually(lambda: _waits_for_a_lock(service), within_s=10)
    await taking

    assert await shown(service, new) == ("REVERSED", 0)


async def _waits_for_a_lock(service: Database) -> bool:
    return await service.pool.fetchval(
        "SELECT count(*) > 0 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )


async def test_event_that_cannot_be_true_is_set_aside_whole(service: Database) -> None:
    """A gift that nobody sent, or that was refused: its neighbours in the event wait for a person.

    Other events of the batch go on.
    """
    one, two = await sent(service, 2)
    turned_down = a_new_gift()
    await write(service.pool, turned_down)
    await settle(service.pool, refused(turned_down.gift))

    batch = await take_back(
        service.pool,
        taken_back(asked_of(one.gift), asked_of(a_new_gift().gift, position=1)),
        taken_back(asked_of(turned_down.gift)),
        taken_back(asked_of(two.gift)),
        taken_back(asked_of(two.gift, 1)),
    )

    assert sorted(batch.set_aside_reasons) == [(0, 0), (0, 1), (0, 3)]
    assert await shown(service, one) == ("SENT", 7)
    assert await shown(service, two) == ("REVERSED", 7)
    assert len(await told(service)) == 1
    await assert_reversals_add_up(service)


async def test_charge_told_again_of_a_reversed_gift_is_expected(service: Database) -> None:
    [new] = await sent(service)
    await take_back(service.pool, taken_back(asked_of(new.gift)))

    batch = await settle(service.pool, posted(new.gift))

    assert batch.set_aside_reasons == {}
    assert await shown(service, new) == ("REVERSED", 0)


async def test_outcome_does_not_depend_on_how_events_are_cut(service: Database) -> None:
    """Random batches with repeats: each gift ends as what was told of it in all."""
    chance = random.Random(5)
    creators = ("star", "moon")
    await open_shop(service.pool, *creators)
    gifts = [new for creator in creators for new in await sent(service, 10, creator_id=creator)]
    events: list[PurchaseReversed | PurchaseReinstated] = []
    for _ in range(15):
        legs = [asked_of(new.gift, 2, position=n) for n, new in enumerate(chance.sample(gifts, 3))]
        event = taken_back(*legs)
        events += [event, given_back(event, coins=1)] if chance.random() < 0.5 else [event]
    # Each event comes up to twice, never before what it follows.
    line = [each for event in events for each in [event] * chance.randint(1, 2)]
    cuts = sorted({0, len(line), *(chance.randint(0, len(line)) for _ in range(6))})

    for start, end in pairwise(cuts):
        await take_back(service.pool, *line[start:end])

    await assert_reversals_add_up(service)


async def test_two_owners_of_a_partition_take_back_once(service: Database) -> None:
    """Should two believe that a partition is theirs, the lock of the gift makes them take turns."""
    [new] = await sent(service)
    event = taken_back(asked_of(new.gift))

    await asyncio.gather(*(take_back(service.pool, event) for _ in range(3)))

    assert await shown(service, new) == ("REVERSED", 0)
    assert len(await told(service)) == 1


async def test_failure_rolls_all_of_it_back(service: Database) -> None:
    [new] = await sent(service)
    batch = batch_of(taken_back(asked_of(new.gift)))

    async def fail() -> None:
        async with transaction(service.pool) as conn:
            await PurchaseTakenBack().apply(conn, batch)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await shown(service, new) == ("SENT", 7)
    await assert_reversals_add_up(service)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda each: each.__name__)
async def test_every_event_ever_published_is_applied(service: Database, kind: Any) -> None:
    """The wallet's examples are never edited: what it once sent can still be read and applied."""
    await open_shop(service.pool, "star")
    for last, reason in (("c1", "undo"), ("c9", "quarantine")):
        gift_id = UUID(f"01939a1e-7c00-7000-8000-0000000000{last}")
        new = a_new_gift(an_order(gift_id=gift_id, count=60, quoted_price_coins=60))
        await write(service.pool, new)
        await settle(service.pool, posted(new.gift))
        await service.pool.execute("INSERT INTO gift_undo VALUES ($1, now(), $2)", gift_id, reason)
    before = decoder(PurchaseReversed).decode(
        (EXAMPLES / describe(PurchaseReversed).type / "001.json").read_bytes()
    )
    await take_back(service.pool, before)

    for file in sorted((EXAMPLES / describe(kind).type).iterdir()):
        batch = await take_back(service.pool, decoder(kind).decode(file.read_bytes()))
        assert batch.set_aside_reasons == {}
    await assert_reversals_add_up(service)
