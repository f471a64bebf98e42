"""The hot statements reach their rows by index, and updates of accounts stay on their page."""

import json
from datetime import timedelta

import pytest

from chassis.db import Conn, Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.store import accounts, limits, lots, movements, system_accounts
from wallet.testing.charging import SettableClock, a_batch, give

HOT = {
    "select_accounts": (accounts, {"account_one_per_owner"}),
    "lock_accounts": (accounts, {"account_one_per_owner"}),
    "debit_accounts": (accounts, {"account_pkey"}),
    "lock_untouched": (accounts, {"account_pkey"}),
    "credit_account": (accounts, {"account_pkey"}),
    "lock_accounts_unless_busy": (accounts, {"account_pkey"}),
    "select_lots": (lots, {"lot_pkey"}),
    "select_lots_to_expire": (lots, {"lot_to_expire_pkey"}),
    "select_recorded": (movements, {"movement_pkey"}),
    "add_to_system_accounts": (system_accounts, set[str]()),
    "select_limits": (limits, {"spend_limits_pkey"}),
    "recall_spending": (limits, {"movement_account_version", "charge_undo_pkey"}),
    "select_limit_refusals": (limits, {"limit_refusal_pkey"}),
}
"""Statement by name: its module, and the indexes that its plan must go by."""


LIMITS = """
INSERT INTO spend_policy VALUES (
    1, '2026-01-01Z', 24, 168, '{"version": 1, "effective_from": "2026-01-01T00:00:00Z",'
    ' "raise_after_hours": 24, "remove_after_hours": 168}'
);
INSERT INTO spend_limits (account_id, version, account_version, set_at, set_by, policy_version)
SELECT account_id, n, n, now(), owner_id, 1 FROM account, generate_series(1, 20) AS n;
INSERT INTO limit_refusal SELECT gen_random_uuid(), 1, 1, now() FROM spend_limits;
"""
"""Many of each; no account is under them."""
UNDOS = """
ALTER TABLE charge_undo DISABLE TRIGGER USER;
ALTER TABLE charge_undo DROP CONSTRAINT charge_undo_reversal_id_fkey;
INSERT INTO charge_undo
SELECT movement_id, gen_random_uuid(), account_id, version, 1, 'undo', now(), now()
FROM movement WHERE kind = 'charge' AND version % 2 = 0;
"""


@pytest.fixture
async def filled(pool: Pool) -> Pool:
    """Large enough that the planner would rather not read a whole table."""
    clock = SettableClock()
    handler = OnChargeRequested(now=clock)
    payers = [f"viewer-{n}" for n in range(200)]
    async with transaction(pool) as conn:
        for payer in payers:
            await give(conn, payer, 100, at=clock.at)
            next_year = clock.at + timedelta(days=365)
            await give(conn, payer, 100, "bonus", at=clock.at, expires_at=next_year)
        await handler.apply(conn, a_batch([a_charge(payer) for payer in payers for _ in range(5)]))
        await conn.execute(LIMITS)
        # Else the counters of this session still hold these updates when a test reads them.
        await conn.execute("SELECT pg_stat_force_next_flush()")
    await pool.execute("VACUUM ANALYZE")
    return pool


def a_charge(payer_id: str) -> ChargeRequested:
    return ChargeRequested(charge_id=uuid7(), payer_id=payer_id, order_key="star", coins=1)


async def test_hot_statements_go_by_index(filled: Pool) -> None:
    """Generic plans, which are what prepared statements settle on. Of charges half are undone."""
    await filled.execute(UNDOS)
    await filled.execute("VACUUM ANALYZE charge_undo")
    used: dict[str, set[str]] = {}
    async with transaction(filled) as conn:
        for name, (module, _) in HOT.items():
            nodes = _nodes(await _plan(conn, module.STATEMENTS[name]))
            used[name] = {str(node["Index Name"]) for node in nodes if "Index Name" in node}
            assert [node for node in nodes if node["Node Type"] == "Seq Scan"] == [], name

    assert used == {name: expected for name, (_, expected) in HOT.items()}


async def _plan(conn: Conn, statement: str) -> dict[str, object]:
    parameters = len((await conn.prepare(statement)).get_parameters())
    nothing = ", ".join(["NULL"] * parameters)
    await conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    await conn.execute(f"PREPARE hot AS {statement}")
    plan = await conn.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({nothing})")
    await conn.execute("DEALLOCATE hot")
    return json.loads(plan)[0]["Plan"]


def _nodes(plan: dict[str, object]) -> list[dict[str, object]]:
    children = plan.get("Plans", [])
    assert isinstance(children, list)
    return [plan, *(node for child in children for node in _nodes(child))]


UPDATES = """
SELECT
    pg_stat_get_xact_tuples_updated('account'::regclass) AS updated,
    pg_stat_get_xact_tuples_hot_updated('account'::regclass) AS in_place
"""


async def test_charges_update_accounts_in_place(filled: Pool) -> None:
    """No index changes and the new row fits on the old one's page (HOT), lot after lot."""
    handler = OnChargeRequested()
    async with transaction(filled) as conn:
        # The counts include what the session did earlier and has not reported yet.
        (before,) = await conn.fetch(UPDATES)
        await handler.apply(conn, a_batch([a_charge(f"viewer-{n}") for n in range(200)]))

        (after,) = await conn.fetch(UPDATES)

    assert after["updated"] - before["updated"] == 200
    assert after["in_place"] - before["in_place"] >= 190
