"""Records that nobody can read, among gifts that flow (T11)."""

import os
import random

import pytest

from chassis.kafka import Headers, Outbound, Writer
from chassis.testing.eventually import eventually
from contracts.gifts.v1 import CHARGE as REQUESTS
from contracts.gifts.v1 import GIFT as GIFTS
from contracts.wallet.v1 import CHARGE as ANSWERS
from support.books import Books
from support.flow import flowing
from support.state import Observer
from support.world import World

pytestmark = pytest.mark.stack

READERS = {
    REQUESTS.name: ("wallet", b"gifts.charge_requested.v1"),
    ANSWERS.name: ("gifts", b"wallet.charge_posted.v1"),
    GIFTS.name: ("payouts", b"gifts.gift_sent.v1"),
}

ROUNDS = 6


def poison(kind: bytes, chance: random.Random) -> tuple[bytes, Headers]:
    """A record of one of the kinds that have been seen in the wild."""
    return chance.choice(
        [
            (os.urandom(chance.randint(1, 2_000)), [("ce_type", kind)]),
            (os.urandom(200), []),
            (b'{"charge_id": 1}', [("ce_type", kind)]),
            (b"{}", [("ce_type", kind.replace(b".v1", b".v2"))]),
            (b'"' + b"x" * 400_000 + b'"', [("ce_type", kind)]),
        ]
    )


async def test_neighbours_are_applied_and_each_is_set_aside_once(
    world: World, observer: Observer, books: Books
) -> None:
    """One of about a hundred records is poison, on every topic at once; nothing stalls."""
    before = await observer.dead_letters()
    books.expect_dead_letters(ROUNDS * len(READERS))
    chance = random.Random(11)
    writer = Writer(world.stack.addresses.kafka_servers, client_id="poison")
    try:
        async with flowing(world, callers=8) as flow:
            for _ in range(ROUNDS):
                await writer.publish(
                    Outbound(topic, os.urandom(4), *poison(kind, chance))
                    for topic, (_, kind) in READERS.items()
                )
                await flow.moves(100, within_s=60)
    finally:
        await writer.close()

    async def planted() -> dict[str, int]:
        now = await observer.dead_letters()
        return {service: now[service] - before[service] for service in now}

    assert await eventually(planted, until=lambda found: min(found.values()) >= ROUNDS) == {
        service: ROUNDS for service, _ in READERS.values()
    }
