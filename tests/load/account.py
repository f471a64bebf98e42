"""What a soak's viewers were told, beside what stands in the databases."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import asyncpg
from steady import Given

from local_stack.stack import Stack

_GIFTS = "SELECT gift_id, status FROM gift"
_BALANCES = """
SELECT owner_id, credits_coins - debits_coins AS coins FROM account WHERE owner_id = any($1)
"""
_ACCRUED = "SELECT gift_id FROM accrual"


class Accounts(NamedTuple):
    """How many gifts and people are not as they should be."""

    lost: int
    """Gifts that a viewer was told of and the database has otherwise or not at all."""
    unasked: int
    """Gifts that nobody has asked for."""
    unearned: int
    """Gifts that were sent without diamonds, or the other way round."""
    wrong_balances: int
    """Viewers who have more or fewer coins than they should: gifts that were charged twice, or
    not at all."""

    @property
    def is_clean(self) -> bool:
        """Nothing is wrong."""
        return not any(self)


async def account(stack: Stack, given: Given, coins: Mapping[str, int]) -> Accounts:
    """Compare.

    Args:
        stack: At rest: everything has arrived.
        given: What viewers know.
        coins: That each viewer had, and has bought.
    """
    stored = {row["gift_id"]: row["status"] for row in await _rows(stack, "gifts", _GIFTS)}
    lost = sum(
        1
        for gift_id, told in given.outcomes.items()
        # Of what was refused at once there is no gift.
        if stored.get(gift_id) != told and not (told == "REFUSED" and gift_id not in stored)
    )
    accrued = {row["gift_id"] for row in await _rows(stack, "payouts", _ACCRUED)}
    earned = {gift_id for gift_id, status in stored.items() if status in {"SENT", "REVERSED"}}
    balances = await _rows(stack, "wallet", _BALANCES, list(coins))
    left = Counter({row["owner_id"]: row["coins"] for row in balances})
    return Accounts(
        lost=lost,
        unasked=len(stored.keys() - given.outcomes.keys()),
        unearned=len(accrued ^ earned),
        wrong_balances=sum(
            left[person] != had - given.spent[person] for person, had in coins.items()
        ),
    )


async def _rows(stack: Stack, service: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    conn = await asyncpg.connect(stack.addresses.database_dsn(stack.home, service))
    try:
        return await conn.fetch(query, *arguments)
    finally:
        await conn.close()
