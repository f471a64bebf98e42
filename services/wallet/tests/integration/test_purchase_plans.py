"""Money in finds its rows by index, among many purchases, events and wallets."""

from collections.abc import Mapping

import pytest

from chassis.db import Conn, Pool, transaction
from wallet.store import balances, errands, minor_refunds, price_books, provider_events, purchases

FILL = """
INSERT INTO purchase (
    purchase_id, user_id, provider, bundle_id, price_book_version, coins, bonus_coins, amount_minor,
    currency, seller, refund_window_days, created_at, payment_id
)
SELECT
    gen_random_uuid(), 'user-' || n, 'sandbox', 'us-70', 1, 70, 0, 91, 'USD', 'Largesse', 14, now(),
    'pay_' || n
FROM generate_series(1, 2000) AS n;
INSERT INTO provider_event
SELECT
    'sandbox', 'evt_' || n, 'payment.succeeded', 'succeeded', 'pay_' || n,
    gen_random_uuid()::text, 91, 'USD',
    CASE WHEN n % 100 = 0 THEN 'parked' ELSE 'applied' END, now()
FROM generate_series(1, 2000) AS n;
INSERT INTO provider_alarm
SELECT 'sandbox', 'evt_' || n, 'odd', now(), CASE WHEN n % 100 <> 0 THEN now() END
FROM generate_series(1, 2000) AS n;
INSERT INTO store_errand
SELECT
    'google_play', 'consume', purchase_id::text, purchase_id, payment_id, now(), now(),
    now() + interval '1 day', now(), 0, CASE WHEN n % 100 <> 0 THEN 'done' END,
    CASE WHEN n % 100 <> 0 THEN now() END
FROM (SELECT *, row_number() OVER () AS n FROM purchase) AS p;
INSERT INTO usage_consent SELECT purchase_id, TRUE, now() FROM purchase;
INSERT INTO account (owner_id) SELECT 'user-' || n FROM generate_series(1, 2000) AS n;
INSERT INTO lot (
    account_id, coins, acquired_at, refundable_until, movement_id, class, source_kind, source_id
)
SELECT 1, 1, now(), now(), gen_random_uuid(), 'bonus', 'purchase', gen_random_uuid()
FROM generate_series(1, 2000);
INSERT INTO movement
SELECT gen_random_uuid(), n, 1, -1, 1, now(), n, 0, 'charge', 'posted', 'gift_clearing', 'k'
FROM generate_series(1, 2000) AS n;
"""
PLANS: Mapping[str, tuple[str, set[str]]] = {
    "find_purchase": (purchases.STATEMENTS["find_purchase"], {"purchase_pkey"}),
    "lock_purchases": (purchases.STATEMENTS["lock_purchases"], {"purchase_pkey"}),
    "update_statuses": (purchases.STATEMENTS["update_statuses"], {"purchase_pkey"}),
    "select_purchases": (purchases.STATEMENTS["select_purchases"], {"purchase_pkey"}),
    "select_charges_in_range": (
        minor_refunds.STATEMENTS["select_charges_in_range"],
        {"account_one_per_owner", "movement_account_version", "lot_pkey"},
    ),
    "update_to_paid": (purchases.STATEMENTS["update_to_paid"], {"purchase_pkey"}),
    "select_purchases_of_payments": (
        purchases.STATEMENTS["select_purchases_of_payments"],
        {"purchase_one_per_payment"},
    ),
    "count_purchases": (purchases.STATEMENTS["count_purchases"], {"purchase_by_buyer"}),
    "select_events": (provider_events.STATEMENTS["select_events"], {"provider_event_pkey"}),
    "update_outcomes": (provider_events.STATEMENTS["update_outcomes"], {"provider_event_pkey"}),
    "select_parked": (provider_events.STATEMENTS["select_parked"], {"provider_event_parked"}),
    "select_waiting": (
        provider_events.STATEMENTS["select_waiting"],
        {"provider_event_parked_payment"},
    ),
    "select_claims_told": (
        provider_events.STATEMENTS["select_claims_told"],
        {"provider_event_claims"},
    ),
    "lock_due_errand": (errands.STATEMENTS["lock_due_errand"], {"store_errand_due"}),
    "update_due": (errands.STATEMENTS["update_due"], {"store_errand_pkey"}),
    "count_late_errands": (errands.STATEMENTS["count_late_errands"], {"store_errand"}),
    "find_usage": (
        errands.STATEMENTS["find_usage"],
        {"lot_source", "movement_account_version", "usage_consent_pkey"},
    ),
    "count_open_alarms": (
        provider_events.STATEMENTS["count_open_alarms"],
        {"provider_alarm_open"},
    ),
    "select_holdings": (
        balances.STATEMENTS["select_holdings"],
        {"account_one_per_owner", "lot_pkey"},
    ),
    "find_price_book_in_force": (
        price_books.STATEMENTS["find_price_book_in_force"],
        {"price_book_effective_from_key"},
    ),
}


@pytest.fixture
async def filled(shop: Pool) -> Pool:
    await shop.execute(FILL)
    await shop.execute(
        "INSERT INTO price_book SELECT newest + n, now() + n * interval '1 day', '{}'"
        " FROM (SELECT max(version) AS newest FROM price_book), generate_series(1, 2000) AS n"
    )
    await shop.execute("VACUUM ANALYZE")
    return shop


async def test_money_in_goes_by_index(filled: Pool) -> None:
    """Generic plans, which are what prepared statements settle on."""
    plans: dict[str, str] = {}
    async with transaction(filled) as conn:
        for name, (statement, _) in PLANS.items():
            plans[name] = await _plan(conn, statement)

    missed = {
        name: plan
        for name, plan in plans.items()
        if "Seq Scan" in plan or not all(index in plan for index in PLANS[name][1])
    }
    assert missed == {}


async def _plan(conn: Conn, statement: str) -> str:
    parameters = len((await conn.prepare(statement)).get_parameters())
    nothing = ", ".join(["NULL"] * parameters)
    await conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    await conn.execute(f"PREPARE asked AS {statement}")
    lines = await conn.fetch(f"EXPLAIN EXECUTE asked ({nothing})")
    await conn.execute("DEALLOCATE asked")
    return "\n".join(line[0] for line in lines)
