"""A creator whose account at Stripe is verified, and who has earned 50 dollars."""

from collections.abc import AsyncGenerator

import httpx
import msgspec
import pytest
import stripe

from chassis import clock
from chassis.db import transaction
from chassis.testing.databases import Database
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.testing import a_rate, assert_books_balance
from payouts.testing.paying import assert_payouts_balance, earn, some_terms, some_withholding
from support.connect_scene import ConnectScene


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's retries come at once."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)


@pytest.fixture
async def database(unseeded: Database) -> Database:
    """As all tests', under terms by which money leaves through Stripe too."""
    known = some_terms().currencies
    terms = some_terms(
        rails=("sandbox_bank", "stripe_connect"),
        currencies={**known, "KWD": msgspec.structs.replace(known["KWD"], increment_minor=10)},
    )
    async with transaction(unseeded.pool) as conn:
        await publish_rates(conn, [a_rate()], now=clock.now())
        await publish_terms(conn, [terms], now=clock.now())
        await publish_withholding(conn, [some_withholding()], now=clock.now())
    return unseeded


@pytest.fixture
async def scene(database: Database) -> AsyncGenerator[ConnectScene]:
    made = ConnectScene(database)
    await earn(database.pool, 20_000)
    made.method = await made.add_method()
    made.stripe.verify(made.account_id)
    await made.watch()
    yield made
    await made.rail.close()
    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)


@pytest.fixture
async def client(scene: ConnectScene) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(scene.app), base_url="http://payouts"
    ) as client:
        yield client
