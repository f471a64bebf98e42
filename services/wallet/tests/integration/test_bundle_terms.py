"""Bundles that one buyer may have so often, the bonus of a first purchase, and other stores."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chassis.db import Pool, transact
from chassis.ids import uuid7
from wallet.commands.publish_price_book import publish_price_book
from wallet.domain.price_book import Bundle, PriceBook
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_notice, a_purchase, first_price_books
from wallet.testing.charging import SettableClock

type Ask = Any
type Deliver = Any

PURCHASE = """
mutation ($input: PurchaseCoinsInput!) {
  purchaseCoins(input: $input) {
    __typename
    ... on PurchaseCoinsPayload { purchase { id coins bonusCoins } }
    ... on Refusal { code message }
  }
}
"""
STARTER = Bundle(
    "us-starter",
    coins=10,
    amount_minor=20,
    bonus_coins=1,
    first_purchase_bonus_coins=15,
    purchases_per_user_max=2,
)


def with_starter(book: PriceBook) -> PriceBook:
    """The next version: with a starter bundle on the web."""
    us, *others = book.markets
    return msgspec.structs.replace(
        book,
        version=book.version + 1,
        effective_from=book.effective_from + timedelta(days=1),
        markets=(msgspec.structs.replace(us, bundles=(STARTER, *us.bundles)), *others),
    )


@pytest.fixture
async def starter_shop(shop: Pool) -> Pool:
    book = with_starter(first_price_books()[-1])
    await transact(shop, lambda conn: publish_price_book(conn, [book]))
    return shop


@pytest.fixture
def order(starter_shop: Pool, ask: Ask) -> Callable[..., Any]:
    """`await order("us-starter", sub="ann")`: what came of it."""

    async def run(bundle_id: str, *, purchase_id: UUID | None = None, sub: str = "ann") -> Any:
        given = {
            "purchaseId": str(purchase_id or uuid7()),
            "bundleId": bundle_id,
            "provider": "sandbox",
        }
        body = await ask(PURCHASE, {"input": given}, sub=sub)
        assert "errors" not in body, body
        return body["data"]["purchaseCoins"]

    return run


async def test_bonus_of_a_first_purchase_comes_once(order: Any) -> None:
    first = await order("us-starter")
    second = await order("us-starter")
    others = await order("us-starter", sub="bob")

    assert [answer["purchase"]["bonusCoins"] for answer in (first, second, others)] == [16, 1, 16]


async def test_first_bonus_is_credited_as_bonus_coins(
    starter_shop: Pool, order: Any, deliver: Deliver, ask: Ask
) -> None:
    ordered = (await order("us-starter"))["purchase"]
    payment_id = await starter_shop.fetchval("SELECT payment_id FROM purchase")
    purchase = a_purchase(
        purchase_id=UUID(ordered["id"]), payment_id=payment_id, amount_minor=20, currency="USD"
    )
    await deliver(a_notice(purchase))

    body = await ask("{ me { balance { coins lots { nodes { class remaining } } } } }")

    balance = body["data"]["me"]["balance"]
    assert balance["coins"] == 26
    assert {lot["class"]: lot["remaining"] for lot in balance["lots"]["nodes"]} == {
        "PURCHASED": 10,
        "BONUS": 16,
    }
    await assert_books_balance(starter_shop)


async def test_no_more_than_a_buyer_may_have(order: Any) -> None:
    """A retry of an order that stands is no further one, and others have their own."""
    last = uuid7()
    await order("us-starter")
    allowed = await order("us-starter", purchase_id=last)

    refused = await order("us-starter")

    assert refused["code"] == "bundle_limit_reached"
    assert (await order("us-starter", purchase_id=last))["purchase"] == allowed["purchase"]
    assert "purchase" in await order("us-starter", sub="bob")
    assert "purchase" in await order("us-70")


async def test_many_orders_at_once_pass_no_limit(starter_shop: Pool, order: Any) -> None:
    """Nor are two of them the first."""
    answers = await asyncio.gather(*(order("us-starter") for _ in range(30)))

    granted = [answer["purchase"] for answer in answers if "purchase" in answer]
    assert sorted(purchase["bonusCoins"] for purchase in granted) == [1, 16]
    assert {answer["code"] for answer in answers if "code" in answer} == {"bundle_limit_reached"}
    assert await starter_shop.fetchval("SELECT count(*) FROM purchase") == 2


async def test_order_left_alone_gives_its_place_free(order: Any, clock: SettableClock) -> None:
    for _ in range(2):
        await order("us-starter")
    clock.advance(timedelta(hours=1, seconds=1))

    again = await order("us-starter")

    assert again["purchase"]["bonusCoins"] == 16


async def test_bundles_are_those_of_the_store(starter_shop: Pool, ask: Ask) -> None:
    """Sold elsewhere is not sold: neither shown nor ordered."""
    document = """
      query ($store: String!) {
        coinBundles(store: $store) { nodes { id firstPurchaseBonusCoins purchasesPerUserMax } }
      }
    """
    shown = {
        (store, region): [
            tuple(node.values())
            for node in (await ask(document, {"store": store}, region=region))["data"][
                "coinBundles"
            ]["nodes"]
        ]
        for store, region in (("web", "US"), ("app_store", "US"), ("app_store", "NZ"))
    }

    assert shown["web", "US"][0] == ("us-starter", 15, 2)
    assert shown["app_store", "US"][0] == ("app_us_70", 0, None)
    assert shown["app_store", "NZ"] == []


async def test_bundle_of_another_store_is_not_sold_here(order: Any) -> None:
    assert (await order("app_us_70"))["code"] == "bundle_unavailable"
