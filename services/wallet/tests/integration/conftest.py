"""A migrated wallet database per test."""

import pytest

from chassis.db import Pool
from chassis.testing.databases import Database
from chassis.testing.plugin import NewDatabase


@pytest.fixture
async def database(new_database: NewDatabase) -> Database:
    """The test's own database."""
    return await new_database("wallet.migrations")


@pytest.fixture
def pool(database: Database) -> Pool:
    """Sessions of the test's own database."""
    return database.pool
