"""One service's database is restored alone, to an earlier moment, while the others stay ahead.

Where it had read to lies in its database too: it reads the lost time again from Kafka and gives
the same answers under the same ids.
"""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import asyncpg
import pytest

from local_stack.processes import base_environment
from local_stack.programs import service_settings
from support.backups import Backups
from support.books import Books
from support.flow import flowing
from support.sabotage import superuser
from support.state import Observer, changed
from support.world import World

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(600)]

TOLD_AGAIN = {"outbox", "outbox_stream", "outbox_cursor", "consumed_offset"}
"""Of the services that stayed ahead: answers that come again move offsets, and nothing else."""

MADE: Mapping[str, str] = {
    "wallet": """
        SELECT movement_id, account_id, version, coins, balance_coins, lot_id, kind, outcome,
            counter, order_key, lot_ids, lot_coins
        FROM movement WHERE posted_at > $1 ORDER BY movement_id
    """,
    "payouts": """
        SELECT gift_id, coins, micro_diamonds, rate_version, sent_at, creator_id, lot_ids,
            lot_classes, slice_coins, slice_micro_diamonds, matures_on
        FROM accrual WHERE accrued_at > $1 ORDER BY gift_id
    """,
    "gifts": """
        SELECT gift_id, sender_id, creator_id, item_id, count, price_coins, catalogue_version,
            target_kind, target_id, body_hash, payer_region, payer_age, status
        FROM gift WHERE requested_at > $1 AND status <> 'REFUSED' ORDER BY gift_id
    """,
}
"""What a service has made since a moment: all of it but when, and on which shard."""


EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def made(world: World, service: str, since: datetime) -> Sequence[asyncpg.Record]:
    async with superuser(world.stack, service) as conn:
        return await conn.fetch(MADE[service], since)


async def recover(world: World, service: str) -> int:
    """Run `python -m <service> recover` as an operator would; the number that it says."""
    settings = service_settings(service, "recover", world.stack.home, world.stack.addresses)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service, "recover"),
        env=base_environment() | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    found = re.search(rf"^{service}: (\d+) ", said.decode(), re.MULTILINE)
    assert found is not None, said.decode()
    return int(found[1])


class Drill:
    """One service's database goes back to a moment; the others must not notice."""

    def __init__(self, world: World, observer: Observer, backups: Backups, service: str) -> None:
        self._world = world
        self._observer = observer
        self._backups = backups
        self._service = service
        self._processes = (f"{service}-api", f"{service}-worker")

    async def live(self, *, poor: bool = True) -> None:
        """Gifts flow while the copy is made, to the moment and beyond it."""
        async with flowing(self._world, poor=poor) as flow:
            self._copy = await self._backups.copy()
            await flow.moves(30)
            self.moment = await self._backups.moment()
            await flow.moves(50)

    async def restore(self) -> None:
        """All that the service made since the moment is gone, and none of its processes runs."""
        self._before = await self._observer.state()
        self._first = await made(self._world, self._service, EVER)
        assert len(await made(self._world, self._service, self.moment)) >= 40
        await asyncio.to_thread(self._world.stack.stop, *self._processes)
        await self._backups.bring_back(self._service, self._copy, self.moment)
        assert await made(self._world, self._service, self.moment) == []

    async def start(self) -> None:
        """The service makes all of it again, and the others are as they were."""
        await asyncio.to_thread(self._world.stack.start, *self._processes)
        after = await self._observer.state()
        assert await made(self._world, self._service, EVER) == self._first
        others = {
            table.partition(".")[2]
            for table in changed(self._before, after)
            if not table.startswith(f"{self._service}.")
        }
        assert others <= TOLD_AGAIN

    async def go_on(self, books: Books) -> None:
        """The books are clean, and gifts are given as ever."""
        await self._observer.rest()
        await books.assert_clean()
        async with flowing(self._world) as flow:
            await flow.moves(12)


async def test_the_wallet_answers_the_lost_time_again(
    world: World, observer: Observer, backups: Backups, books: Books
) -> None:
    """Every charge, refusals too, with the same coins of the same lots."""
    drill = Drill(world, observer, backups, "wallet")
    await drill.live()
    await drill.restore()
    await drill.start()
    await drill.go_on(books)


async def test_payouts_accrues_the_lost_time_again(
    world: World, observer: Observer, backups: Backups, books: Books
) -> None:
    """And what creators are told goes on from what they were told before the restore."""
    drill = Drill(world, observer, backups, "payouts")
    await drill.live()
    newcomer, viewer = await world.creator(), await world.viewer(coins=10)
    for _ in range(3):
        await world.give(viewer, newcomer)
        await observer.rest()
    await drill.restore()
    assert await recover(world, "payouts") == 3
    await drill.start()
    # The newcomer was not known before the worker had caught up. Where the same batches came of it
    # by chance, they are not behind.
    assert await recover(world, "payouts") <= 1
    await drill.go_on(books)


async def test_gifts_of_the_lost_time_are_written_and_settled_again(
    world: World, observer: Observer, backups: Backups, books: Books
) -> None:
    """They came by no topic, but gifts has told of each that was sent.

    Nobody is refused here: of what was refused in the lost time no topic says what it was.
    """
    drill = Drill(world, observer, backups, "gifts")
    await drill.live(poor=False)
    await drill.restore()
    assert await recover(world, "gifts") >= 40
    await drill.start()
    await drill.go_on(books)
