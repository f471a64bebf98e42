"""The database refuses limits that must never be, whatever program asks for them."""

import asyncpg
import pytest

from chassis.db import Pool, transaction
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.domain.limits import Terms
from wallet.testing.charging import SettableClock, give

CLOCK = SettableClock()

_LIMITS = (
    "INSERT INTO spend_limits (account_id, version, account_version, set_at, set_by,"
    " policy_version, day_coins, pending_day_coins, pending_since, pending_from) VALUES "
)

FORBIDDEN = {
    "a limit of nothing": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 1, 0, NULL, NULL, NULL)",
        "spend_limits_bounds",
    ),
    "a limit beyond 2^53 - 1": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 1, 2::bigint^53, NULL, NULL, NULL)",
        "spend_limits_bounds",
    ),
    "a version twice": (
        _LIMITS + "(1, 1, 1, now(), 'ann', 1, 5, NULL, NULL, NULL)",
        "spend_limits_pkey",
    ),
    "a rise that does not wait": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 1, 5, 6, now(), now())",
        "spend_limits_pending_waits",
    ),
    "a rise without its time": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 1, 5, 6, NULL, NULL)",
        "spend_limits_pending_whole",
    ),
    "a lower limit that waits": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 1, 5, 4, now(), now() + INTERVAL '1 day')",
        "spend_limits_pending_rises",
    ),
    "a limit that waits where none is": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 1, NULL, 4, now(), now() + INTERVAL '1 day')",
        "spend_limits_pending_rises",
    ),
    "an unknown policy": (
        _LIMITS + "(1, 2, 1, now(), 'ann', 9, 5, NULL, NULL, NULL)",
        "spend_limits_policy_version_fkey",
    ),
    "a limit that refuses and takes": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), 1, 0, 'charge',"
        " 'day_limit_reached', 'gift_clearing', 'k'",
        "movement_outcome",
    ),
    "a limit that refuses a purchase": (
        "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, 5, 5, now(), NULL, 0, 'purchase',"
        " 'day_limit_reached', 'mint:USD'",
        "movement_outcome",
    ),
    "an account under limits of a negative version": (
        "UPDATE account SET limits_version = -1",
        "account_limits_version",
    ),
    "a policy that never cools off": (
        "INSERT INTO spend_policy (version, effective_from, raise_after_hours,"
        " remove_after_hours, document) VALUES (2, now(), 0, 1, '')",
        "spend_policy_raise_after_hours_check",
    ),
}


@pytest.fixture(autouse=True)
async def _limits(shop: Pool) -> None:
    asked = LimitsChange(owner_id="ann", by="ann", is_supervised=False, wanted=Terms(day_coins=100))
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=CLOCK.at)
        await set_spend_limits(conn, asked, at=CLOCK.at)


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_refuses(shop: Pool, name: str) -> None:
    statement, constraint = FORBIDDEN[name]

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await shop.execute(statement)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE spend_limits SET day_coins = 1000",
        "DELETE FROM spend_limits",
        "TRUNCATE spend_limits",
        "UPDATE spend_policy SET raise_after_hours = 1",
        "DELETE FROM spend_policy WHERE version = 1",
        "TRUNCATE limit_refusal",
    ],
)
async def test_history_cannot_be_changed(shop: Pool, change: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await shop.execute(change)
