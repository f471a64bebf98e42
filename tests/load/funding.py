"""Fills viewers' wallets before a benchmark, through the wallet's own command."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from stacks import say

from chassis import clock
from chassis.db import Conn, Pool, open_pool, transact
from chassis.ids import uuid7
from local_stack.stack import Stack
from wallet.commands.post_credits import Credit, post_credits
from wallet.domain.ledger import PROMOTION, mint

_AT_ONCE = 8
_REFUNDABLE = timedelta(days=14)


async def fund(stack: Stack, viewers: Sequence[str], coins: int = 2_000) -> None:
    """Give each viewer that many coins in four lots of different size, as purchases do.

    A viewer who spends half of them crosses from one lot to the next two or three times.
    """
    say(f"{len(viewers):,} viewers buy {coins:,} coins each")
    dsn = stack.addresses.database_dsn(stack.home, "wallet")
    waiting = iter(viewers)
    async with (
        await open_pool(dsn, connections_max=_AT_ONCE, application="bench-funding") as pool,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(_AT_ONCE):
            group.create_task(_fund_some(pool, waiting, coins))


async def _fund_some(pool: Pool, viewers: Iterator[str], coins: int) -> None:
    for viewer in viewers:

        async def work(conn: Conn, viewer: str = viewer) -> None:
            at = clock.now()
            await post_credits(conn, viewer, list(_credits(coins)), at=at)

        await transact(pool, work)


def _credits(coins: int) -> Iterator[Credit]:
    refundable_until = clock.now() + _REFUNDABLE
    bonus, small = coins // 20, coins // 5
    for purchased in (small, coins - small - 2 * bonus):
        purchase_id = uuid7()
        yield Credit(
            movement_id=purchase_id,
            kind="purchase",
            counter=mint("USD"),
            lot_class="purchased",
            coins=purchased,
            refundable_until=refundable_until,
            expires_at=None,
            source_kind="purchase",
            source_id=purchase_id,
        )
        yield Credit(
            movement_id=uuid7(),
            kind="bonus",
            counter=PROMOTION,
            lot_class="bonus",
            coins=bonus,
            refundable_until=refundable_until,
            expires_at=None,
            source_kind="purchase",
            source_id=purchase_id,
        )
