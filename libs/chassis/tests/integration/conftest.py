"""A service reduced to its events: the chassis' own tables and one table of effects."""

import pytest

from chassis.testing.databases import Database
from chassis.testing.plugin import NewDatabase


@pytest.fixture
async def service(new_database: NewDatabase) -> Database:
    database = await new_database("chassis.migrations")
    await database.pool.execute(
        "CREATE TABLE effect (charge_id uuid, payer_id text, n bigint GENERATED ALWAYS AS IDENTITY)"
    )
    return database
