"""The wallet's answers settle gifts, each once, whatever comes again, early, late or wrong."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chassis.testing.databases import Database
from contracts.event import Event, decoder, describe, encode
from contracts.gifts.v1 import GiftSent
from contracts.wallet.v1 import ChargePosted
from gifts.commands.send_gifts import NewGift
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.domain.gift import GiftRefusal, ReachedLimit
from gifts.store import history
from gifts.store.gift import select_gifts
from gifts.testing import (
    a_new_gift,
    a_slice,
    an_order,
    batch_of,
    open_shop,
    posted,
    refused,
    refused_by_limit,
    settle,
    stored_events,
    write,
)
from gifts.testing.rooms import open_a_room

STREAM = "wallet.charge.v1:0"
ROOM = UUID("0198a7c0-0000-7000-8000-00000000000a")
EXAMPLES = Path(__file__).parents[4] / "libs" / "contracts" / "examples"


async def written(service: Database, count: int = 1, **changes: Any) -> list[NewGift]:
    gifts = [a_new_gift(an_order(**changes)) for _ in range(count)]
    await write(service.pool, *gifts)
    return gifts


async def statuses(service: Database) -> dict[UUID, str]:
    rows = await service.pool.fetch("SELECT gift_id, status FROM gift")
    return {row["gift_id"]: row["status"] for row in rows}


async def assert_gifts_add_up(service: Database) -> None:
    """Per creator: gifts that are SENT, the history, the total and the events say the same."""
    sent: Counter[str] = Counter()
    coins: Counter[str] = Counter()
    for row in await service.pool.fetch("SELECT * FROM gift WHERE status = 'SENT'"):
        sent[row["creator_id"]] += 1
        coins[row["creator_id"]] += row["price_coins"]

    received = await service.pool.fetch("SELECT creator_id FROM received_gift")
    assert Counter(row["creator_id"] for row in received) == sent
    totals = await service.pool.fetch("SELECT * FROM creator_total")
    assert {row["creator_id"]: row["gifts"] for row in totals} == sent
    assert {row["creator_id"]: row["coins"] for row in totals} == coins
    events = await stored_events(service.pool, STREAM)
    assert Counter(event.key for event in events) == sent


async def test_charged_gift_is_sent(service: Database) -> None:
    """It is the creator's, counted, and published with the slices that paid for it."""
    await open_a_room(service.pool, room_id=ROOM)
    [new] = await written(service, message="Bravo!", target_kind="room", target_id=str(ROOM))
    slices = (a_slice(5, lot_id=1), a_slice(2, lot_id=2))
    charge = posted(new.gift, slices=slices)

    batch = await settle(service.pool, charge, traceparent="00-aa-bb-01")

    async with service.pool.acquire() as conn:
        stored = (await select_gifts(conn, [new.gift.gift_id]))[new.gift.gift_id].gift
        [entry] = await history.select_received(conn, "star", beyond=None, limit=5, backward=False)
        assert await history.find_total_coins(conn, "star") == 7
    assert (stored.status, stored.settled_at) == ("SENT", charge.posted_at)
    assert entry.gift == stored
    [event] = batch.outgoing[STREAM].records
    assert (event.type, event.key) == ("gifts.gift_sent.v1", "star")
    assert event.traceparent == "00-aa-bb-01"
    assert event.value == encode(
        GiftSent(
            gift_id=new.gift.gift_id,
            sender_id="alice",
            creator_id="star",
            item_id="rose",
            count=7,
            price_coins=7,
            catalogue_version=1,
            target_kind="room",
            target_id=str(ROOM),
            slices=slices,
            sent_at=charge.posted_at,
        )
    )
    await assert_gifts_add_up(service)


async def test_gift_that_is_not_charged_is_refused(service: Database) -> None:
    """The reason and the amounts are kept for every retry; the creator learns nothing."""
    [new] = await written(service)
    answer = refused(new.gift)

    batch = await settle(service.pool, answer)

    async with service.pool.acquire() as conn:
        stored = (await select_gifts(conn, [new.gift.gift_id]))[new.gift.gift_id].gift
    assert (stored.status, stored.settled_at) == ("REFUSED", answer.refused_at)
    assert stored.refusal is not None
    assert (stored.refusal.code, stored.refusal.needed_coins) == ("insufficient_coins", 7)
    assert stored.refusal.balance_coins == 3
    assert batch.outgoing == {}
    await assert_gifts_add_up(service)


async def test_gift_that_does_not_fit_a_limit_is_refused_with_it(service: Database) -> None:
    """In one batch with one that is short of coins, which has none."""
    limited, poor = await written(service, 2)
    answer = refused_by_limit(limited.gift)

    await settle(service.pool, answer, refused(poor.gift))

    async with service.pool.acquire() as conn:
        stored = await select_gifts(conn, [limited.gift.gift_id, poor.gift.gift_id])
    refusal = stored[limited.gift.gift_id].gift.refusal
    assert answer.limit is not None
    assert refusal == GiftRefusal(
        "spend_limit_reached", 7, 900, ReachedLimit("day", 20, 15, answer.limit.frees_up_at)
    )
    assert stored[poor.gift.gift_id].gift.refusal == GiftRefusal("insufficient_coins", 7, 3)
    await assert_gifts_add_up(service)


async def test_redelivery_changes_nothing(service: Database) -> None:
    """Answers that come again, alone or among new ones, count once and are not set aside."""
    sent, turned_down, late = await written(service, 3)
    await settle(service.pool, posted(sent.gift), refused(turned_down.gift))

    again = await settle(
        service.pool, refused(turned_down.gift), posted(sent.gift), posted(late.gift)
    )

    assert len(again.outgoing[STREAM].records) == 1
    assert again.set_aside_reasons == {}
    assert await statuses(service) == {
        sent.gift.gift_id: "SENT",
        turned_down.gift.gift_id: "REFUSED",
        late.gift.gift_id: "SENT",
    }
    await assert_gifts_add_up(service)


async def test_repeat_within_a_batch_counts_once(service: Database) -> None:
    [new] = await written(service)

    batch = await settle(service.pool, posted(new.gift), posted(new.gift))

    assert len(batch.outgoing[STREAM].records) == 1
    assert batch.set_aside_reasons == {}
    await assert_gifts_add_up(service)


async def test_failure_then_redelivery_settles_once(service: Database) -> None:
    """A batch that failed after its effects was rolled back whole, and comes again."""
    gifts = await written(service, 5)
    answers = [posted(new.gift) for new in gifts]
    async with service.pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await ChargeAnswered().apply(conn, batch_of(*answers))
        await transaction.rollback()
    assert set((await statuses(service)).values()) == {"PENDING"}

    await settle(service.pool, *answers)

    assert set((await statuses(service)).values()) == {"SENT"}
    await assert_gifts_add_up(service)


async def test_conflict_about_a_settled_gift_is_ignored(service: Database) -> None:
    """The id came to the wallet again with other terms: what it was first used for stands."""
    [new] = await written(service)
    await settle(service.pool, posted(new.gift))
    conflict = refused(new.gift, reason="charge_conflict")

    batch = await settle(service.pool, conflict)
    together = await settle(service.pool, posted(new.gift), conflict)

    assert batch.set_aside_reasons == together.set_aside_reasons == {}
    assert await statuses(service) == {new.gift.gift_id: "SENT"}
    await assert_gifts_add_up(service)


async def test_conflict_refuses_a_waiting_gift(service: Database) -> None:
    """The id was used in the wallet before, for a purchase perhaps: nothing was charged."""
    [new] = await written(service)

    await settle(service.pool, refused(new.gift, reason="charge_conflict", balance_coins=0))

    assert await statuses(service) == {new.gift.gift_id: "REFUSED"}


async def test_answer_without_a_gift_is_set_aside(service: Database) -> None:
    """Coins were taken for nothing that we know: a person has to look, the neighbours go on."""
    [new] = await written(service)
    unknown = a_new_gift().gift

    batch = await settle(service.pool, posted(unknown), refused(unknown), posted(new.gift))

    assert batch.set_aside_reasons == {
        (0, 0): "no gift has this id",
        (0, 1): "no gift has this id",
    }
    assert await statuses(service) == {new.gift.gift_id: "SENT"}
    await assert_gifts_add_up(service)


@pytest.mark.parametrize("changes", [{"coins": 8}, {"coins": 6}, {"order_key": "moon"}])
async def test_charge_that_does_not_fit_is_set_aside(
    service: Database, changes: dict[str, Any]
) -> None:
    [new] = await written(service)

    batch = await settle(service.pool, posted(new.gift, **changes))

    assert list(batch.set_aside_reasons) == [(0, 0)]
    assert await statuses(service) == {new.gift.gift_id: "PENDING"}
    await assert_gifts_add_up(service)


async def test_settled_gift_keeps_its_first_answer(service: Database) -> None:
    """Answers that contradict the first one are set aside, in either order."""
    sent, turned_down = await written(service, 2)
    await settle(service.pool, posted(sent.gift), refused(turned_down.gift))

    batch = await settle(service.pool, refused(sent.gift), posted(turned_down.gift))

    assert set(batch.set_aside_reasons) == {(0, 0), (0, 1)}
    assert await statuses(service) == {
        sent.gift.gift_id: "SENT",
        turned_down.gift.gift_id: "REFUSED",
    }
    await assert_gifts_add_up(service)


async def test_history_and_events_keep_the_order_of_the_answers(service: Database) -> None:
    gifts = await written(service, 30)
    random.shuffle(gifts)

    batch = await settle(service.pool, *(posted(new.gift) for new in gifts))

    async with service.pool.acquire() as conn:
        entries = await history.select_received(conn, "star", beyond=None, limit=99, backward=True)
    order = [str(new.gift.gift_id) for new in gifts]
    assert [str(entry.gift.gift_id) for entry in entries] == order
    events = batch.outgoing[STREAM].records
    assert [event.value.split(b'"')[3].decode() for event in events] == order


async def test_partitions_settle_side_by_side(service: Database) -> None:
    """Four partitions with ten creators each, and a repeat of everything: all counted once."""
    creators = [f"creator-{n}" for n in range(40)]
    await open_shop(service.pool, *creators)
    gifts = [a_new_gift(an_order(creator_id=creator)) for creator in creators for _ in range(10)]
    await write(service.pool, *gifts)

    async def consume(partition: int) -> None:
        mine = [new for new in gifts if int(new.gift.creator_id[8:]) % 4 == partition]
        for start in range(0, len(mine), 25):
            answers = [posted(new.gift) for new in mine[start : start + 25]]
            await settle(service.pool, *answers)
            await settle(service.pool, *answers)

    await asyncio.gather(*(consume(partition) for partition in range(4)))

    assert set((await statuses(service)).values()) == {"SENT"}
    await assert_gifts_add_up(service)


async def test_two_owners_of_a_partition_settle_once(service: Database) -> None:
    """While a partition changes hands the same answers may be applied twice at once."""
    await open_shop(service.pool, "moon")
    gifts = [a_new_gift(an_order(creator_id=c)) for c in ("star", "moon") for _ in range(20)]
    await write(service.pool, *gifts)
    answers = [posted(new.gift) for new in gifts]

    await asyncio.gather(settle(service.pool, *answers), settle(service.pool, *answers[::-1]))

    await assert_gifts_add_up(service)


def random_answers(gifts: list[NewGift], chance: random.Random) -> list[Event]:
    """A dozen answers about few gifts: right and wrong ones, repeats, conflicts, both outcomes."""
    answers: list[Event] = []
    for _ in range(12):
        gift = chance.choice(gifts).gift
        kinds = [
            posted(gift),
            posted(gift, coins=8),
            posted(gift, order_key="moon"),
            refused(gift),
            refused(gift, reason="charge_conflict"),
        ]
        answers.append(chance.choice(kinds))
    return answers


async def applied(
    service: Database, seed: int, sizes: Callable[[random.Random], int]
) -> tuple[list[str], list[int]]:
    """What becomes of four new gifts, and which answers are set aside, with batches of `sizes`."""
    chance = random.Random(seed)
    gifts = await written(service, 4)
    answers = random_answers(gifts, chance)
    set_aside: list[int] = []
    done = 0
    while done < len(answers):
        size = sizes(chance)
        batch = await settle(service.pool, *answers[done : done + size])
        set_aside += sorted(done + offset for _, offset in batch.set_aside_reasons)
        done += size
    found = await statuses(service)
    return [found[new.gift.gift_id] for new in gifts], set_aside


async def test_outcome_does_not_depend_on_how_the_answers_are_cut(service: Database) -> None:
    """One by one, all at once or at random: the same gifts are sent, the same answers set aside."""
    for seed in range(25):
        one_by_one = await applied(service, seed, lambda _: 1)
        assert await applied(service, seed, lambda _: 12) == one_by_one
        assert await applied(service, seed, lambda chance: chance.randint(1, 6)) == one_by_one
    await assert_gifts_add_up(service)


def examples() -> list[Any]:
    return [
        decoder(each).decode(file.read_bytes())
        for each in EVENTS
        for file in sorted((EXAMPLES / describe(each).type).iterdir())
    ]


@pytest.mark.parametrize("answer", examples(), ids=lambda answer: type(answer).__name__)
async def test_every_answer_ever_published_settles(service: Database, answer: Any) -> None:
    """The wallet's examples are never edited: what it once sent can still be read and applied."""
    await open_shop(service.pool, answer.order_key)
    coins = answer.coins if isinstance(answer, ChargePosted) else answer.needed_coins
    new = a_new_gift()
    terms = msgspec.structs.replace(
        new.gift,
        gift_id=answer.charge_id,
        sender_id=answer.payer_id,
        creator_id=answer.order_key,
        price_coins=coins,
    )
    await write(service.pool, new._replace(gift=terms))

    batch = await settle(service.pool, answer)

    assert batch.set_aside_reasons == {}
    assert "PENDING" not in (await statuses(service)).values()
    await assert_gifts_add_up(service)
