"""Operators publish prices that come into force later, and auditors see who did it and why."""

import copy
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.db import Pool
from wallet.testing.charging import SettableClock

type Ask = Callable[..., Awaitable[dict[str, Any]]]
type Contents = Callable[[], Awaitable[dict[str, list[str]]]]

PUBLISH = """
mutation Publish($input: PublishPriceBookInput!) {
  publishPriceBook(input: $input) {
    __typename
    ... on PublishPriceBookPayload {
      replayed
      priceBook { version effectiveFrom defaultMarket bonusExpiresAfterDays
        providers { name refundWindowDays store }
        markets { name store regions currency seller bundles { id coins price { amountMinor } } }
      }
    }
    ... on Refusal { code message }
  }
}
"""
VERSIONS = """
query Versions($first: Int, $after: String, $last: Int) {
  priceBooks(first: $first, after: $after, last: $last) {
    nodes { version publishedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""
ACTIONS = "{ walletActions { nodes { operatorId action subject reason details actedAt } } }"
BUNDLES = "{ coinBundles { priceBookVersion nodes { id price { amountMinor currency } } } }"
OTTO: dict[str, Any] = {"sub": "otto", "scope": "operator:catalogue"}


def version_two(clock: SettableClock, **changes: Any) -> dict[str, Any]:
    """Dinars with their three decimals, from tomorrow on; callers from elsewhere pay in yen."""
    bundle = {"id": "bh-70", "coins": 70, "amountMinor": 499}
    more = {"id": "bh-700", "coins": 700, "amountMinor": 4_500, "bonusCoins": 10}
    yen = {"id": "jp-70", "coins": 70, "amountMinor": 150}
    return {
        "version": 2,
        "effectiveFrom": (clock.at + timedelta(days=1)).isoformat(),
        "defaultMarket": "jp",
        "bonusExpiresAfterDays": 30,
        "providers": [
            {"name": "sandbox", "refundWindowDays": 14},
            {"name": "app_store", "refundWindowDays": 60, "store": "apple"},
        ],
        "markets": [
            {
                "name": "bahrain",
                "regions": ["BH"],
                "currency": "BHD",
                "seller": "Largesse Gulf WLL",
                "bundles": [bundle, more],
            },
            {
                "name": "jp",
                "regions": ["JP"],
                "currency": "JPY",
                "seller": "Largesse Pte. Ltd.",
                "bundles": [yen],
            },
            {
                "name": "jp-apple",
                "store": "apple",
                "regions": ["JP"],
                "currency": "JPY",
                "seller": "Largesse Pte. Ltd.",
                "bundles": [{**yen, "id": "jp-apple-70", "amountMinor": 180}],
            },
        ],
        "reason": "Opening in Bahrain",
    } | changes


async def publish(ask: Ask, wanted: dict[str, Any], **caller: Any) -> dict[str, Any]:
    body = await ask(PUBLISH, {"input": wanted}, **(OTTO | caller))
    assert "errors" not in body, body
    return body["data"]["publishPriceBook"]


async def test_version_is_sold_from_its_moment_on(ask: Ask, clock: SettableClock) -> None:
    answer = await publish(ask, version_two(clock))
    before = (await ask(BUNDLES, region="BH"))["data"]["coinBundles"]
    clock.at += timedelta(days=1)
    after = (await ask(BUNDLES, region="BH"))["data"]["coinBundles"]

    assert answer["__typename"] == "PublishPriceBookPayload", answer
    assert answer["replayed"] is False
    assert answer["priceBook"]["providers"] == [
        {"name": "sandbox", "refundWindowDays": 14, "store": "web"},
        {"name": "app_store", "refundWindowDays": 60, "store": "apple"},
    ]
    assert [market["store"] for market in answer["priceBook"]["markets"]] == ["web", "web", "apple"]
    assert (before["priceBookVersion"], before["nodes"][0]["id"]) == (1, "us-70")
    assert after["priceBookVersion"] == 2
    assert [bundle["price"] for bundle in after["nodes"]] == [
        {"amountMinor": 499, "currency": "BHD"},
        {"amountMinor": 4_500, "currency": "BHD"},
    ]


async def test_retry_publishes_and_logs_once(ask: Ask, clock: SettableClock) -> None:
    """Also one that comes when the version is in force already."""
    wanted = version_two(clock)
    answers = [await publish(ask, wanted), await publish(ask, wanted)]
    clock.at += timedelta(days=2)
    answers.append(await publish(ask, wanted))

    logged = (await ask(ACTIONS, sub="ada", scope="operator:audit"))["data"]["walletActions"]

    assert [answer["replayed"] for answer in answers] == [False, True, True]
    (action,) = logged["nodes"]
    assert action == {
        "operatorId": "otto",
        "action": "publishPriceBook",
        "subject": "price_book:2",
        "reason": "Opening in Bahrain",
        "details": '{"effective_from":"2026-09-02T00:00:00+00:00"}',
        "actedAt": "2026-09-01T00:00:00+00:00",
    }


def _bundles(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    return wanted["markets"][0]["bundles"]


def _repeat_region(wanted: dict[str, Any]) -> None:
    wanted["markets"][1]["regions"].append("BH")


def _unknown_currency(wanted: dict[str, Any]) -> None:
    wanted["markets"][0]["currency"] = "ZZZ"


def _dearer_coin(wanted: dict[str, Any]) -> None:
    _bundles(wanted)[1]["amountMinor"] = 5_000


def _free(wanted: dict[str, Any]) -> None:
    _bundles(wanted)[0]["amountMinor"] = 0


def _no_coins(wanted: dict[str, Any]) -> None:
    _bundles(wanted)[0]["coins"] = -70


def _no_markets(wanted: dict[str, Any]) -> None:
    wanted["markets"] = []


def _no_bundles(wanted: dict[str, Any]) -> None:
    wanted["markets"][0]["bundles"] = []


def _two_of_one_provider(wanted: dict[str, Any]) -> None:
    wanted["providers"].append({"name": "sandbox", "refundWindowDays": 1})


def _store_without_market(wanted: dict[str, Any]) -> None:
    wanted["providers"][1]["store"] = "google"


def _gap(wanted: dict[str, Any]) -> None:
    wanted["version"] = 3


def _past(wanted: dict[str, Any]) -> None:
    wanted["effectiveFrom"] = "2026-08-31T23:59:59Z"


def _no_zone(wanted: dict[str, Any]) -> None:
    wanted["effectiveFrom"] = "2027-01-01T00:00:00"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_repeat_region, "web region BH occurs more than once"),
        (_unknown_currency, "ZZZ"),
        (_dearer_coin, "a coin of bh-700 costs more"),
        (_free, "amount_minor"),
        (_no_coins, "coins"),
        (_no_markets, "default market"),
        (_no_bundles, "must have 1 to 50 bundles"),
        (_two_of_one_provider, "a provider occurs more than once"),
        (_store_without_market, "store google of a provider has no market"),
        (_gap, "version 3 must be 2"),
        (_past, "must come into force in the future"),
        (_no_zone, "effective_from"),
    ],
)
async def test_version_that_breaks_a_rule(
    ask: Ask,
    contents: Contents,
    clock: SettableClock,
    spoil: Callable[[dict[str, Any]], None],
    says: str,
) -> None:
    """The refusal says which, and nothing is left of it."""
    wanted = copy.deepcopy(version_two(clock))
    spoil(wanted)
    before = await contents()

    answer = await publish(ask, wanted)

    assert answer["code"] == "price_book_refused", answer
    assert says in answer["message"]
    assert await contents() == before


async def test_published_version_stays_as_it_is(
    ask: Ask, contents: Contents, clock: SettableClock
) -> None:
    await publish(ask, version_two(clock))
    before = await contents()

    answer = await publish(ask, version_two(clock, bonusExpiresAfterDays=31))

    assert answer["code"] == "idempotency_conflict"
    assert await contents() == before


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b"], ids=ascii)
async def test_nothing_is_done_without_a_reason(
    ask: Ask, contents: Contents, clock: SettableClock, reason: str
) -> None:
    before = await contents()

    body = await ask(PUBLISH, {"input": version_two(clock, reason=reason)}, **OTTO)

    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
    assert await contents() == before


async def test_versions_page_newest_first(shop: Pool, ask: Ask, clock: SettableClock) -> None:
    await publish(ask, version_two(clock))

    async def page(**arguments: Any) -> dict[str, Any]:
        body = await ask(VERSIONS, arguments, **OTTO)
        return body["data"]["priceBooks"]

    newest = await page(first=1)
    rest = await page(first=1, after=newest["pageInfo"]["endCursor"])
    oldest = await page(last=1)

    assert [book["version"] for part in (newest, rest, oldest) for book in part["nodes"]] == [
        2,
        1,
        1,
    ]
    assert rest["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"scope": "viewer creator operator:refunds operator:payouts"}, "FORBIDDEN"),
    ],
    ids=str,
)
async def test_who_may_publish_and_look(
    ask: Ask, clock: SettableClock, caller: dict[str, Any], code: str
) -> None:
    for document, variables in (
        (PUBLISH, {"input": version_two(clock)}),
        (VERSIONS, {}),
        (ACTIONS, {}),
    ):
        body = await ask(document, variables, **caller)
        assert [error["extensions"]["code"] for error in body["errors"]] == [code]


@pytest.mark.parametrize(
    ("document", "scope"),
    [(PUBLISH, "operator:audit"), (ACTIONS, "operator:catalogue")],
    ids=["audit publishes nothing", "publishers read no log"],
)
async def test_duties_are_apart(ask: Ask, clock: SettableClock, document: str, scope: str) -> None:
    body = await ask(document, {"input": version_two(clock)}, sub="otto", scope=scope)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]
