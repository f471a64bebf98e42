"""Operators who ask for a minor's refund: twice, at once, without the right, or for nothing."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.db import Conn, Pool, transaction
from chassis.ids import uuid7
from wallet.store import minor_refunds
from wallet.store.minor_refunds import MinorRefund
from wallet.testing.charging import SettableClock
from wallet.testing.refunding_minors import (
    AT,
    DAY,
    NO_DIGEST,
    OPERATOR,
    PREVIEW,
    REFUND,
    Ask,
    buy,
    order,
    preview,
    refund,
    spend,
    wanted,
)

pytestmark = pytest.mark.usefixtures("closed_books")

type Contents = Any


@pytest.fixture(autouse=True)
def now(clock: SettableClock) -> None:
    """Operators ask on the day after."""
    clock.at = AT + 2 * DAY


async def test_retry_gets_the_first_result_once(shop: Pool, ask: Ask) -> None:
    """Eight copies at once: one books, the others are told what it booked."""
    await buy(shop)
    await buy(shop)
    await spend(shop, 150)
    given = order((await preview(ask))["digest"])

    results = await asyncio.gather(*(refund(ask, given) for _ in range(8)))

    assert sorted(each["replayed"] for each in results) == [False] + [True] * 7
    assert len({str(each["refund"]) for each in results}) == 1
    assert await shop.fetchval("SELECT count(*) FROM minor_refund") == 1
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 2
    assert await shop.fetchval("SELECT count(*) FROM operator_action") == 1


async def test_two_refunds_at_once_do_not_take_the_same(shop: Pool, ask: Ask) -> None:
    """Of two operators with the same preview one books, the other looks again."""
    await buy(shop)
    await buy(shop)
    await spend(shop, 150)
    digest = (await preview(ask))["digest"]

    results = await asyncio.gather(*(refund(ask, order(digest)) for _ in range(2)))

    assert sorted(each["__typename"] for each in results) == [
        "MinorRefundChanged",
        "RefundMinorPayload",
    ]
    assert await shop.fetchval("SELECT sum(coins) FROM reversal") == 45


@pytest.mark.parametrize(
    "changes",
    [
        {"shareBps": 3_001},
        {"note": "for another reason"},
        {"userId": "nobody"},
        {"userId": "bob"},
        {"from": (AT - DAY).isoformat()},
        {"to": (AT + 2 * DAY).isoformat()},
        {"expectedDigest": NO_DIGEST},
    ],
    ids=lambda changes: next(iter(changes)) + str(len(str(changes))),
)
async def test_used_id_with_other_terms_is_a_conflict(
    shop: Pool, ask: Ask, contents: Contents, changes: dict[str, Any]
) -> None:
    await buy(shop)
    await spend(shop, 50)
    await buy(shop, user_id="bob")
    await spend(shop, 50, payer="bob")
    given = order((await preview(ask))["digest"])
    await refund(ask, given)
    before = await contents()

    refused = await refund(ask, given | changes)

    assert refused["code"] == "idempotency_conflict"
    assert await contents() == before


async def test_an_id_used_for_two_users_at_once_is_a_conflict(shop: Pool, ask: Ask) -> None:
    """They lock nothing in common but the id."""
    await buy(shop)
    await spend(shop, 50)
    await buy(shop, user_id="bob")
    await spend(shop, 50, payer="bob")
    refund_id = str(uuid7())
    given = [
        order((await preview(ask, userId=user))["digest"], userId=user, refundId=refund_id)
        for user in ("ann", "bob")
    ]

    results = await asyncio.gather(*(refund(ask, each) for each in given))

    assert sorted(each["__typename"] for each in results) == [
        "IdempotencyConflict",
        "RefundMinorPayload",
    ]
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 1


async def test_the_same_moment_in_another_time_zone_is_the_same_order(shop: Pool, ask: Ask) -> None:
    await buy(shop)
    await spend(shop, 50)
    given = order((await preview(ask))["digest"])
    await refund(ask, given)

    replayed = await refund(ask, given | {"from": "2026-10-11T09:00:00+09:00"})

    assert replayed["replayed"] is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"from": (AT + DAY).isoformat()}, "refund_terms_invalid"),
        ({"from": (AT + 2 * DAY).isoformat()}, "refund_terms_invalid"),
        ({"from": (AT - 366 * DAY).isoformat()}, "refund_terms_invalid"),
        ({"shareBps": 0}, "refund_terms_invalid"),
        ({"shareBps": -1}, "refund_terms_invalid"),
        ({"shareBps": 10_001}, "refund_terms_invalid"),
        ({"userId": "nobody"}, "nothing_to_refund"),
        ({"userId": ""}, "nothing_to_refund"),
        ({"userId": "a\0b"}, "nothing_to_refund"),
        ({"userId": "x" * 100}, "nothing_to_refund"),
        ({"to": (AT - DAY).isoformat(), "from": (AT - 2 * DAY).isoformat()}, "nothing_to_refund"),
        ({"shareBps": 1}, "nothing_to_refund"),
    ],
    ids=ascii,
)
async def test_refusals_change_nothing(
    shop: Pool, ask: Ask, contents: Contents, changes: dict[str, Any], code: str
) -> None:
    await buy(shop)
    await spend(shop, 50)
    before = await contents()

    looked = await preview(ask, **changes)
    refused = await refund(ask, order(NO_DIGEST, **changes))

    assert looked["code"] == refused["code"] == code
    assert await contents() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"from": "2026-10-11T00:00:00"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"note": " "},
        {"note": "a\0b"},
    ],
    ids=ascii,
)
async def test_what_no_client_should_send(
    shop: Pool, ask: Ask, contents: Contents, changes: dict[str, Any]
) -> None:
    await buy(shop)
    await spend(shop, 50)
    given = order((await preview(ask))["digest"])
    before = await contents()

    answer = await ask(REFUND, {"input": given | changes}, **OPERATOR)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert await contents() == before


@pytest.mark.parametrize("scope", ["viewer", "creator", "operator:audit operator:payouts", ""])
async def test_only_refunders_look_and_take(
    shop: Pool, ask: Ask, contents: Contents, scope: str
) -> None:
    """Not even who spent it."""
    await buy(shop)
    await spend(shop, 50)
    given = order((await preview(ask))["digest"])
    before = await contents()

    looked = await ask(PREVIEW, {"input": wanted()}, scope=scope)
    taken = await ask(REFUND, {"input": given}, scope=scope)

    for answer in (looked, taken):
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await contents() == before


async def test_much_is_taken_by_two_operators(shop: Pool, ask: Ask) -> None:
    """By what all purchases come to, each of which is less."""
    for _ in range(2):
        await buy(shop, 12_500)
    await spend(shop, 25_000)
    given = order((await preview(ask, shareBps=10_000))["digest"], shareBps=10_000)
    less = await preview(ask, shareBps=9_000)

    asked = [await refund(ask, given) for _ in range(2)]
    other = await refund(ask, given | {"shareBps": 9_000, "expectedDigest": less["digest"]}, "olga")
    reworded = await refund(ask, given | {"note": "another"}, "olga")
    untouched = await shop.fetchval("SELECT count(*) FROM reversal")
    done = await refund(ask, given, "olga")
    retried = await refund(ask, given)

    assert [each["code"] for each in asked] == ["approval_needed"] * 2
    assert [other["code"], reworded["code"]] == ["idempotency_conflict"] * 2
    assert untouched == 0
    assert (done["replayed"], retried["replayed"]) == (False, True)
    assert await shop.fetchval("SELECT proposed_by FROM operator_proposal") == "op"


IMPOSSIBLE = {
    "a refund without parts": "INSERT INTO minor_refund SELECT gen_random_uuid(), user_id,"
    " range_from, range_to, share_bps, coins, digest, operator_id, note, booked_at"
    " FROM minor_refund",
    "a range that ends before it begins": "INSERT INTO minor_refund SELECT gen_random_uuid(),"
    " user_id, range_to, range_from, share_bps, coins, digest, operator_id, note, booked_at"
    " FROM minor_refund",
    "more than all": "INSERT INTO minor_refund SELECT gen_random_uuid(), user_id, range_from,"
    " range_to, 10001, coins, digest, operator_id, note, booked_at FROM minor_refund",
    "a part that comes later": "INSERT INTO minor_refund_part SELECT refund_id, 9, reversal_id"
    " FROM minor_refund_part",
    "another share": "UPDATE minor_refund SET share_bps = 1",
    "a part that goes": "DELETE FROM minor_refund_part",
    "a payer who owes for a gift": "INSERT INTO reversal_leg SELECT reversal_id, 9, 'payer_debt',"
    " 1, lot_id, 'ann', charge_id FROM reversal_leg LIMIT 1",
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
async def test_the_database_refuses(shop: Pool, ask: Ask, contents: Contents, name: str) -> None:
    """Whatever program asks for it."""
    await buy(shop)
    await spend(shop, 50)
    await refund(ask, order((await preview(ask))["digest"]))
    before = await contents()

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with transaction(shop) as conn:
            await conn.execute(IMPOSSIBLE[name])
    assert await contents() == before


@pytest.mark.parametrize(
    "narrower",
    [{"range_to": AT}, {"range_from": AT + timedelta(seconds=1)}, {"user_id": "bob"}],
    ids=lambda changes: next(iter(changes)),
)
async def test_the_database_refuses_a_refund_of_other_gifts(
    shop: Pool, ask: Ask, narrower: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned right and written wrong: the transaction ends in nothing."""
    await buy(shop)
    await spend(shop, 50)
    given = order((await preview(ask, **{"from": (AT - DAY).isoformat()}))["digest"])
    insert = minor_refunds.insert_refund

    async def insert_another(conn: Conn, booked: MinorRefund, ids: Sequence[UUID]) -> bool:
        return await insert(conn, booked._replace(**narrower), ids)

    monkeypatch.setattr(minor_refunds, "insert_refund", insert_another)
    answer = await ask(REFUND, {"input": given | {"from": (AT - DAY).isoformat()}}, **OPERATOR)

    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 0
