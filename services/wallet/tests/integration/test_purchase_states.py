"""The database moves a purchase as allowed, and keeps what was agreed on and what was told."""

import itertools
from typing import get_args

import asyncpg
import pytest

from chassis.db import Pool, transaction
from wallet.domain.purchase_status import MOVES, PurchaseStatus
from wallet.store.purchases import insert_purchase
from wallet.testing.buying import a_purchase

STATUSES = get_args(PurchaseStatus.__value__)
ONCE_CREDITED = (
    "CREDITED",
    "DISPUTED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
    "CHARGED_BACK",
    "VOIDED",
)
ALLOWED = {
    ("CREATED", "PENDING"),
    ("CREATED", "PAID"),
    ("CREATED", "DECLINED"),
    ("PENDING", "PAID"),
    ("PENDING", "DECLINED"),
    ("DECLINED", "PAID"),
    ("PAID", "CREDITED"),
    *((a, b) for a, b in itertools.permutations(ONCE_CREDITED, 2) if a != "VOIDED"),
}
WAYS: dict[str, list[str]] = {
    "CREATED": [],
    "PENDING": ["PENDING"],
    "PAID": ["PAID"],
    "CREDITED": ["PAID", "CREDITED"],
    "DECLINED": ["DECLINED"],
    **{status: ["PAID", "CREDITED", status] for status in ONCE_CREDITED[1:]},
}
MOVE = (
    "UPDATE purchase SET status = $1,"
    " payment_id = CASE WHEN $1 = 'CREATED' THEN payment_id ELSE 'pay_1' END,"
    " checkout_url = CASE $1 WHEN 'PENDING' THEN 'http://page/' ELSE checkout_url END,"
    " paid_at = CASE WHEN $1 NOT IN ('CREATED', 'PENDING', 'DECLINED')"
    " THEN coalesce(paid_at, now()) END,"
    " credited_at = CASE WHEN $1 NOT IN ('CREATED', 'PENDING', 'DECLINED', 'PAID')"
    " THEN coalesce(credited_at, now()) END"
)


@pytest.fixture(autouse=True)
async def _a_purchase(shop: Pool) -> None:
    async with transaction(shop) as conn:
        await insert_purchase(conn, a_purchase())


@pytest.mark.parametrize("before", STATUSES)
async def test_moves_as_the_table_says(shop: Pool, before: str) -> None:
    """To each other status or not at all."""
    for status in WAYS[before]:
        await shop.execute(MOVE, status)
    reached: set[tuple[str, str]] = set()

    for after in STATUSES:
        try:
            async with transaction(shop) as conn:
                await conn.execute(MOVE, after)
                reached.add((before, after))
                raise StopAsyncIteration
        except (StopAsyncIteration, asyncpg.RestrictViolationError):
            continue

    # To stay where it is moves nothing.
    expected = {(a, b) for a, b in ALLOWED if a == before}
    assert {move for move in reached if move[0] != move[1]} == expected


async def test_table_of_moves_is_the_one_tested_here(shop: Pool) -> None:
    rows = await shop.fetch("SELECT from_status, to_status FROM purchase_move")

    assert {(row[0], row[1]) for row in rows} == ALLOWED == MOVES
    assert set(itertools.chain.from_iterable(ALLOWED)) == set(STATUSES)


@pytest.mark.parametrize(
    "change",
    [
        "purchase_id = gen_random_uuid()",
        "user_id = 'bob'",
        "provider = 'other'",
        "bundle_id = 'us-70'",
        "coins = coins + 1",
        "bonus_coins = bonus_coins + 1",
        "amount_minor = 1",
        "currency = 'JPY'",
        "seller = 'Other'",
        "refund_window_days = 0",
        "bonus_expires_after_days = NULL",
        "created_at = now()",
        "payment_id = 'pay_2'",
        "payment_id = NULL",
        "checkout_url = 'http://evil/'",
        "checkout_url = NULL",
    ],
)
async def test_terms_and_what_is_known_are_fixed(shop: Pool, change: str) -> None:
    await shop.execute(MOVE, "PENDING")

    with pytest.raises(asyncpg.RestrictViolationError, match="the terms of purchase"):
        await shop.execute(f"UPDATE purchase SET {change}")  # noqa: S608


@pytest.mark.parametrize(
    "change", ["paid_at = now() + interval '1 day'", "credited_at = now() + interval '1 day'"]
)
async def test_times_are_fixed(shop: Pool, change: str) -> None:
    await shop.execute(MOVE, "PAID")
    await shop.execute(MOVE, "CREDITED")

    with pytest.raises(asyncpg.RestrictViolationError):
        await shop.execute(f"UPDATE purchase SET {change}")  # noqa: S608


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("status = 'PENDING', payment_id = 'p'", "purchase_payable_has_page"),
        ("status = 'PAID', paid_at = now()", "purchase_paid_has_payment"),
        ("status = 'PAID', payment_id = 'p'", "purchase_paid_has_time"),
        ("paid_at = now()", "purchase_paid_has_time"),
        ("credited_at = now()", "purchase_credited_has_time"),
    ],
)
async def test_half_a_move_is_refused(shop: Pool, change: str, constraint: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await shop.execute(f"UPDATE purchase SET {change}")  # noqa: S608

    assert refused.value.constraint_name == constraint


async def test_payment_pays_for_one_purchase(shop: Pool) -> None:
    async with transaction(shop) as conn:
        await insert_purchase(conn, a_purchase())

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await shop.execute(MOVE, "PENDING")

    assert refused.value.constraint_name == "purchase_one_per_payment"


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "CREATED"])
async def test_purchase_begins_at_the_beginning(shop: Pool, status: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match=f"cannot begin as {status}"):
        await shop.execute(
            "INSERT INTO purchase SELECT (jsonb_populate_record(p, jsonb_build_object("
            "'purchase_id', gen_random_uuid(), 'status', $1::text, 'payment_id', 'p',"
            "'checkout_url', 'http://x/', 'paid_at', now(), 'credited_at', now()))).*"
            " FROM purchase AS p",
            status,
        )


EVENT = (
    "INSERT INTO provider_event VALUES"
    " ('sandbox', 'evt_1', 'x', NULL, NULL, NULL, NULL, NULL, 'parked', now());"
    "INSERT INTO provider_delivery (provider, event_id, body, received_at)"
    " VALUES ('sandbox', 'evt_1', '{}', now());"
    "INSERT INTO provider_alarm VALUES ('sandbox', 'evt_1', 'odd', now())"
)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM purchase",
        "TRUNCATE purchase CASCADE",
        "UPDATE price_book SET document = ''",
        "DELETE FROM price_book",
        "TRUNCATE price_book CASCADE",
        "UPDATE provider_event SET type = 'payment.succeeded'",
        "UPDATE provider_event SET payment_id = 'pay_1'",
        "UPDATE provider_event SET amount_minor = 5",
        "UPDATE provider_event SET payment_outcome = 'claimed', claim = '{}'",
        "UPDATE provider_event SET received_at = now() + interval '1 day'",
        "DELETE FROM provider_event",
        "TRUNCATE provider_event",
        "UPDATE provider_delivery SET body = ''",
        "DELETE FROM provider_delivery",
        "TRUNCATE provider_delivery",
        "DELETE FROM provider_alarm",
        "TRUNCATE provider_alarm",
    ],
)
async def test_evidence_stays(shop: Pool, statement: str) -> None:
    await shop.execute(EVENT)

    with pytest.raises(asyncpg.RestrictViolationError):
        await shop.execute(statement)
