"""Databases for the tests of payouts."""

import pytest

from chassis import clock
from chassis.db import transaction
from chassis.testing.databases import Database
from chassis.testing.plugin import NewDatabase
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.testing import a_rate
from payouts.testing.paying import some_terms, some_withholding


@pytest.fixture
async def unseeded(new_database: NewDatabase) -> Database:
    """A migrated database of the test's own, with nothing in it."""
    return await new_database("payouts.migrations")


@pytest.fixture
async def database(unseeded: Database) -> Database:
    """A migrated database of the test's own, with the first rate and the first terms published."""
    async with transaction(unseeded.pool) as conn:
        await publish_rates(conn, [a_rate()], now=clock.now())
        await publish_terms(conn, [some_terms()], now=clock.now())
        await publish_withholding(conn, [some_withholding()], now=clock.now())
    return unseeded
