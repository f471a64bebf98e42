"""A bank for tests that send money."""

from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from chassis.testing.databases import Database
from payouts.testing import assert_books_balance
from payouts.testing.paying import assert_payouts_balance, settled_creator
from sandbox_bank.store import Store
from support.bank_scene import Clock, Scene


@pytest.fixture
async def scene(database: Database, tmp_path: Path) -> AsyncGenerator[Scene]:
    clock = Clock()
    method = await settled_creator(database.pool)
    with closing(Store(tmp_path / "bank.sqlite", clock=clock)) as store:
        made = Scene(database, method, store, clock)
        yield made
        await made.rail.close()
    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)
