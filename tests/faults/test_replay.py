"""A topic read again from its beginning has no second effect (T10)."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chassis.kafka import Outbound, Writer
from contracts.event import encode
from contracts.gifts.v1 import CHARGE as REQUESTS
from contracts.gifts.v1 import GIFT as GIFTS
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import CHARGE as ANSWERS
from support.books import Books
from support.flow import flowing
from support.groups import rewind_group
from support.sabotage import superuser
from support.state import Observer, changed
from support.world import World

pytestmark = pytest.mark.stack

TOPICS = {"wallet": REQUESTS, "gifts": ANSWERS, "payouts": GIFTS}
"""Who reads what."""

EXPECTED = {"outbox", "outbox_stream", "outbox_cursor", "consumed_offset"}
"""Answers are told again to whoever asks again, and offsets run on; effects do not."""


@pytest.mark.parametrize("service", TOPICS)
async def test_everything_once_more(world: World, observer: Observer, service: str) -> None:
    """The service's offsets in its database are lost: it reads all of its topics again."""
    async with flowing(world) as flow:
        await flow.moves(50)
    before = await observer.state()

    worker = f"{service}-worker"
    await asyncio.to_thread(world.stack.stop, worker)
    async with superuser(world.stack, service) as conn:
        rewound = await conn.fetchval(
            "WITH moved AS (UPDATE consumed_offset SET next_offset = 0"
            " WHERE next_offset > 0 RETURNING 1) SELECT count(*) FROM moved"
        )
    await asyncio.to_thread(world.stack.start, worker)

    after = await observer.state()
    assert rewound > 0
    tables = {table.partition(".")[2] for table in changed(before, after)}
    assert tables <= EXPECTED
    assert after[f"{service}.dead_letter"] == before[f"{service}.dead_letter"]


async def test_what_kafka_believes_counts_for_nothing(world: World, observer: Observer) -> None:
    """The group's offsets are back at zero there; the database knows better."""
    before = await observer.state()

    workers = [f"{service}-worker" for service in TOPICS]
    await asyncio.to_thread(world.stack.stop, *workers)
    addresses = world.stack.addresses
    await asyncio.gather(
        *(
            rewind_group(addresses.kafka_servers, addresses.prefix + service, topic.name)
            for service, topic in TOPICS.items()
        )
    )
    await asyncio.to_thread(world.stack.start, *workers)

    assert changed(before, await observer.state()) == set()


async def test_a_command_sent_again_with_another_body(
    world: World, observer: Observer, books: Books
) -> None:
    """The wallet refuses it as a conflict, and the gift that was sent stays sent and paid once.

    An answer that goes to another creator than the gift's is set aside for a person to look at.
    """
    books.expect_dead_letters(1)
    viewer, creator = await world.viewer(coins=50), await world.creator()
    sent = await world.give(viewer, creator)
    balance = await world.balance(viewer)
    genuine = ChargeRequested(
        charge_id=UUID(sent["id"]), payer_id=viewer, order_key=creator, coins=sent["priceCoins"]
    )
    changes: list[dict[str, Any]] = [
        {},
        {"coins": genuine.coins + 1},
        {"order_key": await world.creator()},
        {"payer_id": await world.viewer(coins=50)},
    ]
    before = await observer.state()

    writer = Writer(world.stack.addresses.kafka_servers, client_id="replay")
    try:
        for change in changes:
            command = msgspec.structs.replace(genuine, **change)
            await writer.publish(
                [
                    Outbound(
                        REQUESTS.name,
                        command.payer_id.encode(),
                        encode(command),
                        [("ce_type", b"gifts.charge_requested.v1")],
                    )
                ]
            )
    finally:
        await writer.close()

    after = await observer.state()
    assert (await world.ask("Gift", viewer, id=sent["id"]))["status"] == "SENT"
    assert await world.balance(viewer) == balance
    for table in ("wallet.movement", "gifts.gift", "payouts.accrual"):
        assert after[table] == before[table]
