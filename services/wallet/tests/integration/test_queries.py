"""What can be read of coins, and by whom."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from local_stack.operations import documents
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.purchase import Purchase
from wallet.store.purchases import insert_purchase
from wallet.testing.buying import a_purchase
from wallet.testing.charging import SettableClock, answers, charge, give

type Ask = Any

BUNDLES = documents()["Bundles"]
PURCHASE = documents()["Purchase"]
# The part of `Me` that the wallet answers, in the words of the document.
LINE = next(line for line in documents()["Me"].splitlines() if "balance" in line)
BALANCE = f"query Me {{ me {{ id {LINE} }} }}"
ENTITIES = """
query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on User { id balance { coins } }
    ... on Purchase { purchaseId: id status }
  }
}
"""
LOTS = """
query Lots($first: Int, $after: String, $last: Int, $before: String) {
  me {
    balance {
      lots(first: $first, after: $after, last: $last, before: $before) {
        nodes { id }
        edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
}
"""


def codes(body: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in body.get("errors", [])]


@pytest.mark.parametrize(
    ("caller", "first", "currency", "count"),
    [
        ({"sub": None}, "us-70", "USD", 8),
        ({"region": "MX"}, "us-70", "USD", 8),
        ({"region": "FR"}, "eu-70", "EUR", 7),
        ({"region": "JP", "scope": ""}, "jp-70", "JPY", 5),
        ({"region": None}, "us-70", "USD", 8),
    ],
)
async def test_bundles_are_those_of_the_region(
    ask: Ask, caller: dict[str, Any], first: str, currency: str, count: int
) -> None:
    """Smallest first; anyone may look."""
    body = await ask(BUNDLES, **caller)

    shown = body["data"]["coinBundles"]
    assert shown["priceBookVersion"] == 3
    assert shown["nodes"][0]["id"] == first
    assert {bundle["price"]["currency"] for bundle in shown["nodes"]} == {currency}
    assert len(shown["nodes"]) == count
    coins = [bundle["coins"] for bundle in shown["nodes"]]
    assert coins == sorted(coins)


async def test_balance_shows_lots_in_the_order_of_spending(
    shop: Pool, ask: Ask, clock: SettableClock
) -> None:
    """What has expired is gone from sums and lists to the moment, swept or not."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 700, at=clock.at)
        soon = clock.at + timedelta(days=1)
        await give(conn, "ann", 10, "bonus", at=clock.at, expires_at=soon)

    before = (await ask(BALANCE))["data"]["me"]
    clock.at = soon
    after = (await ask(BALANCE))["data"]["me"]

    assert before["id"] == "ann"
    assert (before["balance"]["coins"], before["balance"]["debtCoins"]) == (710, 0)
    bonus, bought = before["balance"]["lots"]["nodes"]
    assert (bonus["class"], bonus["coins"], bonus["remaining"]) == ("BONUS", 10, 10)
    assert bonus["expiresAt"] == "2026-09-02T00:00:00+00:00"
    assert (bought["class"], bought["remaining"], bought["expiresAt"]) == ("PURCHASED", 700, None)
    assert after["balance"]["coins"] == 700
    assert [lot["class"] for lot in after["balance"]["lots"]["nodes"]] == ["PURCHASED"]


async def test_who_never_bought_has_nothing(ask: Ask) -> None:
    balance = (await ask(BALANCE))["data"]["me"]["balance"]

    assert balance == {"coins": 0, "debtCoins": 0, "lots": {"nodes": []}}


async def test_debt_is_not_spendable(shop: Pool, ask: Ask, clock: SettableClock) -> None:
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=clock.at)
    await shop.execute("UPDATE account SET debt_coins = 30")
    some = (await ask(BALANCE))["data"]["me"]["balance"]
    await shop.execute("UPDATE account SET debt_coins = 130")
    more = (await ask(BALANCE))["data"]["me"]["balance"]

    assert [(each["coins"], each["debtCoins"]) for each in (some, more)] == [(70, 30), (0, 130)]


async def test_balances_are_their_owners_and_auditors(
    shop: Pool, ask: Ask, clock: SettableClock
) -> None:
    """As the gateway asks for entities: what is not the caller's is null, item by item."""
    async with transaction(shop) as conn:
        for number, user_id in enumerate(("ann", "bob")):
            await give(conn, user_id, 100 + number, at=clock.at)

    async def look(**caller: object) -> dict[str, Any]:
        user_ids = ("ann", "bob", "nobody", "\0", "")
        users = [{"__typename": "User", "id": user_id} for user_id in user_ids]
        return await ask(ENTITIES, {"representations": users}, **caller)

    seen: dict[str, list[int | None]] = {}
    for scope in ("viewer", "operator:audit", "creator operator:refunds operator:payouts"):
        body = await look(scope=scope)
        seen[scope] = [
            user["balance"] and user["balance"]["coins"] for user in body["data"]["_entities"]
        ]
        assert set(codes(body)) <= {"FORBIDDEN"}
    anonymous = await look(sub=None)

    assert list(seen.values()) == [
        [100, None, None, None, None],
        [100, 101, 0, None, None],
        [None] * 5,
    ]
    assert [user["balance"] for user in anonymous["data"]["_entities"]] == [None] * 5
    assert set(codes(anonymous)) == {"UNAUTHENTICATED"}


async def test_many_balances_cost_one_statement(database: Any, shop: Pool, ask: Ask) -> None:
    statements: list[str] = []
    async with shop.acquire() as conn:
        conn.add_query_logger(lambda query: statements.append(query.query))
    users = [{"__typename": "User", "id": f"user-{number}"} for number in range(50)]

    await ask(ENTITIES, {"representations": users}, scope="operator:audit")

    assert len([text for text in statements if "FROM account" in text]) == 1


@pytest.fixture
async def purchase(shop: Pool) -> Purchase:
    purchase = a_purchase()
    async with transaction(shop) as conn:
        await insert_purchase(conn, purchase)
    return purchase


@pytest.mark.parametrize(
    ("caller", "sees", "code"),
    [
        ({}, True, None),
        ({"sub": "bob"}, False, None),
        ({"sub": "clerk", "scope": "operator:refunds"}, True, None),
        ({"sub": "auditor", "scope": "operator:audit"}, True, None),
        ({"scope": "creator"}, False, "FORBIDDEN"),
        ({"sub": "clerk", "scope": "operator:catalogue operator:payouts"}, False, "FORBIDDEN"),
        ({"sub": None}, False, "UNAUTHENTICATED"),
    ],
    ids=str,
)
async def test_purchase_is_its_buyers_and_operators(
    ask: Ask, purchase: Purchase, caller: dict[str, Any], sees: bool, code: str | None
) -> None:
    """By its id and as an entity alike; to all others it is as if there were none."""
    purchase_id = str(purchase.purchase_id)
    representation = {"__typename": "Purchase", "id": purchase_id}

    by_id = await ask(PURCHASE, {"id": purchase_id}, **caller)
    unknown = await ask(PURCHASE, {"id": str(uuid7())}, **caller)
    as_entity = await ask(ENTITIES, {"representations": [representation]}, **caller)

    assert (by_id["data"]["purchase"] is not None) is sees
    assert (as_entity["data"]["_entities"][0] is not None) is sees
    assert unknown["data"]["purchase"] is None
    assert codes(by_id) == codes(unknown) == ([] if code is None else [code])
    assert codes(as_entity) == []


async def test_malformed_purchase_ids(ask: Ask) -> None:
    by_id = await ask(PURCHASE, {"id": "1"})
    as_entity = await ask(
        ENTITIES, {"representations": [{"__typename": "Purchase", "id": "no uuid"}]}
    )

    assert codes(by_id) == ["BAD_USER_INPUT"]
    assert as_entity == {"data": {"_entities": [None]}}


@pytest.fixture
async def lots(shop: Pool, clock: SettableClock) -> list[str]:
    """Five lots, in the order of spending: one expires, one was given, three were bought."""
    async with transaction(shop) as conn:
        bought = [await give(conn, "ann", 100, at=clock.at) for _ in range(3)]
        bonus = await give(conn, "ann", 10, "bonus", at=clock.at)
        expiring = await give(
            conn, "ann", 5, "bonus", at=clock.at, expires_at=clock.at + timedelta(days=9)
        )
    return [str(each.lots[0].lot_id) for each in (expiring, bonus, *bought)]


async def page(ask: Ask, **arguments: object) -> dict[str, Any]:
    body = await ask(LOTS, arguments)
    assert codes(body) == []
    return body["data"]["me"]["balance"]["lots"]


def ids(lots: dict[str, Any]) -> list[str]:
    return [node["id"] for node in lots["nodes"]]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
async def test_lots_page_forwards_and_backwards(ask: Ask, lots: list[str], size: int) -> None:
    forwards: list[str] = []
    arguments: dict[str, object] = {"first": size}
    while True:
        part = await page(ask, **arguments)
        forwards += ids(part)
        if not part["pageInfo"]["hasNextPage"]:
            break
        arguments = {"first": size, "after": part["pageInfo"]["endCursor"]}
    backwards: list[str] = []
    arguments = {"last": size}
    while True:
        part = await page(ask, **arguments)
        backwards = ids(part) + backwards
        if not part["pageInfo"]["hasPreviousPage"]:
            break
        arguments = {"last": size, "before": part["pageInfo"]["startCursor"]}

    assert forwards == backwards == lots


async def test_cursor_of_a_spent_lot_reads_on_where_it_stood(
    shop: Pool, ask: Ask, lots: list[str], clock: SettableClock
) -> None:
    """Nothing is shown twice and nothing is left out, though lots go and others come."""
    first = await page(ask, first=3)
    cursors = {edge["node"]["id"]: edge["cursor"] for edge in first["edges"]}
    await spend(shop, 120, clock)
    async with transaction(shop) as conn:
        joined = await give(conn, "ann", 50, at=clock.at)
        await give(conn, "ann", 7, "bonus", at=clock.at)

    after = await page(ask, first=10, after=cursors[lots[2]])
    before = await page(ask, last=10, before=cursors[lots[2]])

    assert ids(first) == lots[:3]
    assert ids(after) == [*lots[3:], str(joined.lots[0].lot_id)]
    assert len(ids(before)) == 1
    assert set(ids(before)).isdisjoint(lots)


async def spend(pool: Pool, coins: int, clock: SettableClock) -> None:
    request = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=coins)
    (posted,) = answers(await charge(pool, OnChargeRequested(now=clock), [request]))
    assert type(posted).__name__ == "ChargePosted"


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": 101},
        {"first": -1},
        {"first": 1, "last": 1},
        {"after": "nonsense"},
        {"after": "WzFd"},
        {"after": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwxLDFd"},
    ],
    ids=str,
)
async def test_bad_pages_are_refused(ask: Ask, arguments: dict[str, object]) -> None:
    """A cursor of another list, and one with a time of no zone, are not ours."""
    assert codes(await ask(LOTS, arguments)) == ["BAD_USER_INPUT"]
