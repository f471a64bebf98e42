"""`previewMinorRefund` and `refundMinor`: a share of a minor's gifts, and exactly that."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.db import Conn, Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import ChargePosted, PurchaseReversed
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded
from wallet.domain.purchase import Purchase
from wallet.store import minor_refunds
from wallet.store.minor_refunds import MinorRefund
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT, stored_events
from wallet.testing.charging import SettableClock, answers, charge
from wallet.testing.replay import replay
from wallet.testing.reversing import bought, claimed, tell

type Ask = Any
type Contents = Any

AT = ORDERED_AT + timedelta(days=40)
"""Under the second version of the policy, which asks creators."""
DAY = timedelta(days=1)
PARTS = """amounts { amountMinor currency } coins
  parts { purchaseId amount { amountMinor currency } coins
    legs { kind coins party { id } giftId } }"""
PREVIEW = f"""query ($input: PreviewMinorRefundInput!) {{ previewMinorRefund(input: $input) {{
  __typename ... on MinorRefundPreview {{ digest {PARTS} }} ... on Refusal {{ code message }}
}} }}"""
REFUND = f"""mutation ($input: RefundMinorInput!) {{ refundMinor(input: $input) {{
  __typename
  ... on RefundMinorPayload {{ replayed refund {{ id user {{ id }} shareBps {PARTS} }} }}
  ... on MinorRefundChanged {{ preview {{ digest {PARTS} }} }}
  ... on Refusal {{ code message }}
}} }}"""
OPERATOR = {"sub": "op", "scope": "operator:refunds"}
NO_DIGEST = "0" * 64


@pytest.fixture(autouse=True)
def now(clock: SettableClock) -> None:
    """Operators ask on the day after."""
    clock.at = AT + 2 * DAY


@pytest.fixture(autouse=True)
async def books(shop: Pool):  # noqa: ANN201 - a fixture that closes every test
    """Whatever happened, the books balance and the history replays."""
    yield
    await assert_books_balance(shop)
    assert await replay(shop) == []


async def spend(
    pool: Pool, coins: int, creator: str = "star", *, at: datetime = AT, payer: str = "ann"
) -> UUID:
    gift_id = uuid7()
    request = ChargeRequested(charge_id=gift_id, payer_id=payer, order_key=creator, coins=coins)
    handler = OnChargeRequested(now=SettableClock(at))
    (answer,) = answers(await charge(pool, handler, [request]))
    assert isinstance(answer, ChargePosted), answer
    return gift_id


async def buy(pool: Pool, coins: int = 100, *, at: datetime = AT, **terms: Any) -> Purchase:
    """Coins without a bonus, for a cent each."""
    given = {"coins": coins, "bonus_coins": 0, "amount_minor": coins} | terms
    return await bought(pool, at=at, **given)


def wanted(**changes: Any) -> dict[str, Any]:
    """The day of AT, 30 % of it."""
    given = {
        "userId": "ann",
        "from": AT.isoformat(),
        "to": (AT + DAY).isoformat(),
        "shareBps": 3_000,
    }
    return given | changes


def order(digest: str, **changes: Any) -> dict[str, Any]:
    given = {"refundId": str(uuid7()), "expectedDigest": digest, "note": "a parent has written"}
    return wanted() | given | changes


async def preview(ask: Ask, **changes: Any) -> dict[str, Any]:
    answer = await ask(PREVIEW, {"input": wanted(**changes)}, **OPERATOR)
    assert "errors" not in answer, answer
    return answer["data"]["previewMinorRefund"]


async def refund(ask: Ask, given: dict[str, Any], sub: str = "op") -> dict[str, Any]:
    answer = await ask(REFUND, {"input": given}, sub=sub, scope="operator:refunds")
    assert "errors" not in answer, answer
    return answer["data"]["refundMinor"]


def legs_of(shown: dict[str, Any]) -> list[tuple[str, int, str | None, UUID]]:
    return [
        (leg["kind"], leg["coins"], leg["party"] and leg["party"]["id"], UUID(leg["giftId"]))
        for part in shown["parts"]
        for leg in part["legs"]
    ]


async def test_e30_a_share_of_the_gifts_of_a_range_goes_back(shop: Pool, ask: Ask) -> None:
    """Two purchases, three creators, one gift of both purchases; nothing outside is touched."""
    first, second = await buy(shop), await buy(shop)
    before_range = await spend(shop, 20, "moon", at=AT - timedelta(microseconds=1))
    gifts = [
        await spend(shop, 31, "star", at=AT),
        await spend(shop, 59, "moon", at=AT + DAY / 2),
        await spend(shop, 12, "sun", at=AT + DAY - timedelta(microseconds=1)),
    ]
    after_range = await spend(shop, 40, "star", at=AT + DAY)
    seen = await preview(ask)

    done = await refund(ask, order(seen["digest"]))

    booked = done["refund"]
    assert done["__typename"] == "RefundMinorPayload"
    assert (booked["user"], booked["shareBps"]) == ({"id": "ann"}, 3_000)
    assert {key: booked[key] for key in ("amounts", "coins", "parts")} == {
        key: seen[key] for key in ("amounts", "coins", "parts")
    }
    # 102 coins x 30 % = 30.6: 30. Of 31, 59 (49 of the first and 10 of the second) and 12 coins.
    assert booked["coins"] == 30
    assert booked["amounts"] == [{"amountMinor": 30, "currency": "USD"}]
    assert [part["purchaseId"] for part in booked["parts"]] == sorted(
        [str(first.purchase_id), str(second.purchase_id)]
    )
    lost: dict[UUID, int] = {}
    for kind, coins, party, gift_id in legs_of(booked):
        assert kind == "CREATOR_UNMATURED"
        assert party == {gifts[0]: "star", gifts[1]: "moon", gifts[2]: "sun"}[gift_id]
        lost[gift_id] = lost.get(gift_id, 0) + coins
    assert lost == {gifts[0]: 9, gifts[1]: 18, gifts[2]: 3}
    assert not {before_range, after_range} & lost.keys()
    account = await shop.fetchrow("SELECT credits_coins - debits_coins, debt_coins FROM account")
    assert tuple(account or ()) == (200 - 20 - 102 - 40, 0)
    assert await shop.fetch("SELECT DISTINCT status FROM purchase") == [("PARTIALLY_REFUNDED",)]
    told = [each for each in await stored_events(shop) if isinstance(each, PurchaseReversed)]
    assert [each.kind for each in told] == ["minor_refund"] * 2
    assert sum(each.coins for each in told) == 30
    logged = await shop.fetch("SELECT operator_id, action, subject, reason FROM operator_action")
    assert logged == [("op", "refundMinor", booked["id"], "a parent has written")]


async def test_a_preview_changes_nothing(shop: Pool, ask: Ask, contents: Contents) -> None:
    await buy(shop)
    await spend(shop, 50)
    before = await contents()

    seen = await preview(ask)

    assert seen["coins"] == 15
    assert await contents() == before


async def test_says_what_changed_since_the_preview_and_books_nothing(
    shop: Pool, ask: Ask, contents: Contents
) -> None:
    """A gift more in the range; another purchase paid it."""
    await buy(shop)
    await spend(shop, 50)
    seen = await preview(ask)
    await buy(shop)
    await spend(shop, 100)
    before = await contents()
    given = order(seen["digest"])

    refused = await refund(ask, given)

    assert refused["code"] == "minor_refund_changed"
    assert refused["preview"]["coins"] == 45
    assert refused["preview"]["digest"] == (await preview(ask))["digest"]
    assert await contents() == before
    again = given | {"expectedDigest": refused["preview"]["digest"]}
    assert (await refund(ask, again))["replayed"] is False


async def test_what_went_back_already_is_not_taken_twice(shop: Pool, ask: Ask) -> None:
    """30 %, again 30 % of what is left, and then all of it: each gift to its last coin."""
    await buy(shop)
    gifts = [await spend(shop, 60, "star"), await spend(shop, 40, "moon")]
    taken: list[int] = []
    for share_bps in (3_000, 3_000, 10_000):
        seen = await preview(ask, shareBps=share_bps)
        done = await refund(ask, order(seen["digest"], shareBps=share_bps))
        taken.append(done["refund"]["coins"])

    assert taken == [30, 21, 49]
    rows = await shop.fetch(
        "SELECT charge_id, sum(coins)::int FROM reversal_leg GROUP BY charge_id"
    )
    assert {row[0]: row[1] for row in rows} == {gifts[0]: 60, gifts[1]: 40}
    assert (await preview(ask))["code"] == "nothing_to_refund"
    assert await shop.fetchval("SELECT status FROM purchase") == "REFUNDED"


async def test_a_partly_refunded_gift_loses_a_share_of_what_is_left(shop: Pool, ask: Ask) -> None:
    """The payer owes 50 of 100 coins: those of the earlier gift, 30 % of the other 50 go back."""
    purchase = await buy(shop)
    early = await spend(shop, 50, "star")
    late = await spend(shop, 50, "moon")
    await tell(shop, claimed(purchase, Refunded(50, 0)), at=AT)

    seen = await preview(ask)
    await refund(ask, order(seen["digest"]))

    assert legs_of(seen) == [("CREATOR_UNMATURED", 15, "moon", late)]
    assert seen["amounts"] == [{"amountMinor": 15, "currency": "USD"}]
    assert (await preview(ask, to=(AT + DAY).isoformat(), shareBps=10_000))["coins"] == 35
    assert early not in {leg[3] for leg in legs_of(await preview(ask, shareBps=10_000))}


async def test_e07_a_refund_afterwards_takes_no_more_than_was_paid(shop: Pool, ask: Ask) -> None:
    """And every coin of the purchase once, bonus coins too."""
    purchase = await bought(shop, at=AT)
    await spend(shop, 500)
    seen = await preview(ask)
    await refund(ask, order(seen["digest"]))

    await tell(shop, claimed(purchase, Refunded(400, 0)), at=AT)
    part = await shop.fetchrow("SELECT sum(amount_minor)::int, sum(coins)::int FROM reversal")
    await tell(shop, claimed(purchase, Refunded(889, 0)), at=AT)
    await tell(shop, claimed(purchase, Disputed("dp", "lost", 889, 0)), at=AT)

    # 150 of 710 coins are worth 1.87 of 8.89; with 4.00 more it is 5.87, or 468 coins.
    assert seen["amounts"] == [{"amountMinor": 889 * 150 // 710, "currency": "USD"}]
    assert tuple(part or ()) == (187 + 400, 700 * 587 // 889 + 10 * 587 // 889)
    assert await shop.fetchval("SELECT sum(amount_minor) FROM reversal") == 889
    assert await shop.fetchval("SELECT sum(coins) FROM reversal") == 710


async def test_what_has_matured_is_the_reserves_and_the_gift_is_named(
    shop: Pool, ask: Ask, clock: SettableClock
) -> None:
    """Past its refund window nothing is asked of a creator; a second refund knows of it."""
    old = await buy(shop, 100, refund_window_days=1)
    gift_id = await spend(shop, 100)
    clock.at = AT + 2 * DAY
    seen = await preview(ask, shareBps=5_000)

    await refund(ask, order(seen["digest"], shareBps=5_000))

    assert legs_of(seen) == [("RESERVE", 50, None, gift_id)]
    assert (await preview(ask, shareBps=10_000))["coins"] == 50
    assert await shop.fetchval("SELECT purchase_id FROM reversal") == old.purchase_id


async def test_unspent_coins_and_debts_are_left_alone(shop: Pool, ask: Ask) -> None:
    """Only gifts lose: the rest of the purchase stays spendable."""
    await buy(shop)
    await spend(shop, 10)
    seen = await preview(ask, shareBps=10_000)

    await refund(ask, order(seen["digest"], shareBps=10_000))

    assert await shop.fetchval("SELECT credits_coins - debits_coins FROM account") == 90
    assert await shop.fetchval("SELECT count(*) FROM debt_entry") == 0


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
