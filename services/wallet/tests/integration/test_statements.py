"""Every statement fits the schema."""

from collections.abc import Mapping

import pytest

from chassis.db import Pool
from wallet.store import (
    accounts,
    balances,
    claims,
    entries,
    errands,
    limits,
    lots,
    minor_refunds,
    movements,
    price_books,
    provider_events,
    purchases,
    reinstatements,
    reversals,
    settlements,
    spend_policies,
    standings,
    system_accounts,
)
from wallet.testing import books, replay

_MODULES = (
    accounts,
    balances,
    claims,
    entries,
    errands,
    limits,
    lots,
    minor_refunds,
    movements,
    price_books,
    provider_events,
    purchases,
    reinstatements,
    reversals,
    settlements,
    spend_policies,
    standings,
    system_accounts,
    books,
    replay,
)
STATEMENTS: Mapping[str, str] = {
    f"{module.__name__}.{name}": statement
    for module in _MODULES
    for name, statement in module.STATEMENTS.items()
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_prepares(pool: Pool, name: str) -> None:
    async with pool.acquire() as conn:
        await conn.prepare(STATEMENTS[name])
