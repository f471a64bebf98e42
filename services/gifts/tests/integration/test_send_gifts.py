"""Gifts are written once, with the request for their charge."""

import asyncio

import msgspec
import pytest

from chassis.db import Conn, transact
from chassis.outbox import API_STREAM
from chassis.testing.databases import Database
from contracts.event import encode
from contracts.gifts.v1 import ChargeRequested
from gifts.commands.accept_gifts import accept_gifts
from gifts.commands.send_gifts import NewGift, Outcome, Written, send_gifts
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift
from gifts.domain.refusals import GiftsNotAcceptedError, IdempotencyConflictError
from gifts.store.gift import select_gifts
from gifts.testing import (
    NOW,
    a_new_gift,
    an_order,
    open_shop,
    posted,
    refused,
    settle,
    stored_events,
    write,
)


async def gifts_stored(service: Database) -> int:
    return await service.pool.fetchval("SELECT count(*) FROM gift")


async def charges_requested(service: Database) -> int:
    return len(await stored_events(service.pool, API_STREAM))


def request_for(gift: Gift) -> ChargeRequested:
    return ChargeRequested(
        charge_id=gift.gift_id,
        payer_id=gift.sender_id,
        order_key=gift.creator_id,
        coins=gift.price_coins,
        payer_region="US",
        payer_age="adult",
    )


async def test_gift_is_stored_and_its_charge_requested(service: Database) -> None:
    """The charge has the gift's id, is the sender's to pay and answered in the creator's order."""
    new = a_new_gift(an_order(message="Bravo!"), traceparent="00-aa-bb-01")

    outcomes = await write(service.pool, new)

    assert outcomes == [Written(new.gift, replayed=False)]
    async with service.pool.acquire() as conn:
        stored = (await select_gifts(conn, [new.gift.gift_id]))[new.gift.gift_id]
    assert stored == (new.gift, new.body_hash)
    [event] = await stored_events(service.pool, API_STREAM)
    assert (event.type, event.key) == ("gifts.charge_requested.v1", "alice")
    assert event.value == encode(request_for(new.gift))
    assert event.traceparent == "00-aa-bb-01"


async def test_batch_keeps_the_order_of_requests(service: Database) -> None:
    """Charges are requested in the order of the gifts, not in that of their ids."""
    gifts = [a_new_gift() for _ in range(5)][::-1]

    outcomes = await write(service.pool, *gifts)

    assert outcomes == [Written(new.gift, replayed=False) for new in gifts]
    events = await stored_events(service.pool, API_STREAM)
    assert [event.value for event in events] == [encode(request_for(new.gift)) for new in gifts]


async def test_retry_gets_the_first_gift(service: Database) -> None:
    new = a_new_gift()
    await write(service.pool, new)

    outcomes = await write(service.pool, new)

    assert outcomes == [Written(new.gift, replayed=True)]
    assert await charges_requested(service) == 1


async def test_retry_shows_what_became_of_the_gift(service: Database) -> None:
    sent, poor = a_new_gift(), a_new_gift()
    await write(service.pool, sent, poor)
    await settle(service.pool, posted(sent.gift), refused(poor.gift))

    first, second = await write(service.pool, sent, poor)

    assert isinstance(first, Written)
    assert (first.gift.status, first.replayed) == ("SENT", True)
    assert isinstance(second, Written)
    assert second.gift.refusal is not None
    assert second.gift.refusal.code == "insufficient_coins"
    assert await charges_requested(service) == 2


@pytest.mark.parametrize(
    "change",
    [{"sender_id": "mallory"}, {"count": 6}, {"message": "x"}, {"quoted_price_coins": 8}],
)
async def test_same_id_for_something_else_conflicts(
    service: Database, change: dict[str, object]
) -> None:
    """The answer tells nothing of the gift that the id belongs to; that one stays as it is."""
    new = a_new_gift()
    await write(service.pool, new)

    [outcome] = await write(service.pool, a_new_gift(an_order(gift_id=new.gift.gift_id, **change)))

    assert isinstance(outcome, IdempotencyConflictError)
    assert vars(outcome) == {}
    assert await write(service.pool, new) == [Written(new.gift, replayed=True)]
    assert (await gifts_stored(service), await charges_requested(service)) == (1, 1)


@pytest.mark.parametrize("creator_id", ["nobody", "shy"])
async def test_creator_who_takes_no_gifts_gets_none(service: Database, creator_id: str) -> None:
    await transact(service.pool, lambda conn: accept_gifts(conn, "shy", accept=False, at=NOW))

    [outcome] = await write(service.pool, a_new_gift(an_order(creator_id=creator_id)))

    assert isinstance(outcome, GiftsNotAcceptedError)
    assert (await gifts_stored(service), await charges_requested(service)) == (0, 0)


async def test_neighbours_of_a_refused_gift_go_on(service: Database) -> None:
    good, conflicting, unwanted = a_new_gift(), a_new_gift(), a_new_gift(an_order(creator_id="x"))
    await write(service.pool, conflicting)
    other = a_new_gift(an_order(gift_id=conflicting.gift.gift_id, count=1))

    outcomes = await write(service.pool, unwanted, other, good)

    assert isinstance(outcomes[0], GiftsNotAcceptedError)
    assert isinstance(outcomes[1], IdempotencyConflictError)
    assert outcomes[2] == Written(good.gift, replayed=False)
    assert await charges_requested(service) == 2


async def test_retry_is_answered_after_the_creator_has_switched_gifts_off(
    service: Database,
) -> None:
    """What was sent stays sent: a refusal now would make the client send, and pay, again."""
    new = a_new_gift()
    await write(service.pool, new)
    await transact(service.pool, lambda conn: accept_gifts(conn, "star", accept=False, at=NOW))

    assert await write(service.pool, new) == [Written(new.gift, replayed=True)]


async def test_copies_within_one_batch_are_one_gift(service: Database) -> None:
    """The first of a batch counts; its copies are retries and others under its id conflict."""
    new = a_new_gift()
    other = a_new_gift(an_order(gift_id=new.gift.gift_id, count=1))

    outcomes = await write(service.pool, new, new, other, new)

    assert outcomes[0] == Written(new.gift, replayed=False)
    assert outcomes[1] == outcomes[3] == Written(new.gift, replayed=True)
    assert isinstance(outcomes[2], IdempotencyConflictError)
    assert (await gifts_stored(service), await charges_requested(service)) == (1, 1)


async def test_concurrent_copies_are_one_gift(service: Database) -> None:
    """Ten transactions race for one id: one writes, nine get its gift."""
    new = a_new_gift()

    outcomes = await asyncio.gather(*(write(service.pool, new) for _ in range(10)))

    replayed = [outcome.replayed for [outcome] in outcomes if isinstance(outcome, Written)]
    assert sorted(replayed) == [False] + [True] * 9
    assert (await gifts_stored(service), await charges_requested(service)) == (1, 1)


async def test_concurrent_bodies_under_one_id_are_one_gift(service: Database) -> None:
    """Ten gifts race for one id: whichever wins, nine conflict and one charge is requested."""
    first = an_order()
    gifts = [a_new_gift(an_order(gift_id=first.gift_id, count=n)) for n in range(1, 8)]

    outcomes = await asyncio.gather(*(write(service.pool, new) for new in gifts))

    written = [outcome for [outcome] in outcomes if isinstance(outcome, Written)]
    assert len(written) == 1
    [event] = await stored_events(service.pool, API_STREAM)
    assert event.value == encode(request_for(written[0].gift))


async def test_batches_with_the_same_ids_never_deadlock(service: Database) -> None:
    """Opposite orders wait for one another: every batch succeeds at its first try.

    Counting the tries is the point: a deadlock would be retried, and the gifts still be right.
    """
    gifts = [a_new_gift() for _ in range(2_000)]
    tries = 0

    async def send(batch: list[NewGift]) -> list[Outcome]:
        async def work(conn: Conn) -> list[Outcome]:
            nonlocal tries
            tries += 1
            return await send_gifts(conn, batch)

        return await transact(service.pool, work)

    await asyncio.gather(*(send(gifts if n % 2 else gifts[::-1]) for n in range(4)))

    assert tries == 4
    assert (await gifts_stored(service), await charges_requested(service)) == (2_000, 2_000)


async def test_failure_leaves_neither_gift_nor_request(service: Database) -> None:
    """Gift and request are one commit: a failure after both undoes both."""

    async def work(conn: Conn) -> None:
        await send_gifts(conn, [a_new_gift()])
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await transact(service.pool, work)

    assert (await gifts_stored(service), await charges_requested(service)) == (0, 0)


async def test_opting_in_and_out_counts_from_its_commit(service: Database) -> None:
    await open_shop(service.pool, "moon")

    [outcome] = await write(service.pool, a_new_gift(an_order(creator_id="moon")))

    assert isinstance(outcome, Written)


async def test_a_retry_from_elsewhere_is_the_same_gift(service: Database) -> None:
    """Caps go by what the first token said: it is stored, and asked for once."""
    new = a_new_gift(payer=Payer("KR", "supervised"))
    again = new._replace(payer=Payer("US", "adult"))

    outcomes = await write(service.pool, new) + await write(service.pool, again)

    assert outcomes == [Written(new.gift, replayed=False), Written(new.gift, replayed=True)]
    [event] = await stored_events(service.pool, API_STREAM)
    request = msgspec.json.decode(event.value, type=ChargeRequested)
    assert (request.payer_region, request.payer_age) == ("KR", "supervised")
    row = await service.pool.fetchrow("SELECT payer_region, payer_age FROM gift")
    assert tuple(row or ()) == ("KR", "supervised")
