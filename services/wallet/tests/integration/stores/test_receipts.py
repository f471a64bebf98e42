"""Receipts of both stores: the right one credits once, and no other ever does."""

import asyncio
from typing import Any

import pytest

from chassis.db import Pool
from support.app_stores import AppStores
from support.apple_signing import AppleSigner
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import stored_events

TAKEN = "a receipt that pays for another purchase was shown for this one"
MISMATCHED = "a payment of another amount, currency or purchase than was ordered"

STORES = ["app_store", "google_play"]


@pytest.fixture
def receipt_of(apple: AppleSigner, stores: AppStores) -> Any:
    """`receipt_of("app_store", purchase_id, "apple_700")`: what the store gives the app."""

    def make(provider: str, purchase_id: str | None, product_id: str, **changes: Any) -> str:
        if provider == "app_store":
            return apple.transaction(purchase_id, product_id, **changes)
        return stores.buy(purchase_id, product_id, **changes)

    return make


BUNDLES = {"app_store": "apple_700", "google_play": "play_700"}


@pytest.mark.parametrize("provider", STORES)
async def test_receipt_becomes_coins_once(
    shop: Pool, order: Any, confirm: Any, receipt_of: Any, coins: Any, provider: str
) -> None:
    """However often it is shown the answer is the same."""
    purchase_id = await order(provider)
    receipt = receipt_of(provider, purchase_id, BUNDLES[provider])

    answers = [await confirm(purchase_id, receipt) for _ in range(3)]

    assert (
        answers
        == [
            {
                "__typename": "ConfirmStorePurchasePayload",
                "purchase": {
                    "id": purchase_id,
                    "status": "CREDITED",
                    "coins": 700,
                    "bonusCoins": 10,
                },
            }
        ]
        * 3
    )
    assert await coins() == 710
    assert len(await stored_events(shop)) == 2
    assert await shop.fetchval("SELECT count(*) FROM provider_alarm") == 0
    await assert_books_balance(shop)


@pytest.mark.parametrize("provider", STORES)
async def test_same_receipt_at_once_credits_once(
    shop: Pool, order: Any, confirm: Any, receipt_of: Any, coins: Any, provider: str
) -> None:
    """Both callers get the same answer (E22)."""
    purchase_id = await order(provider)
    receipt = receipt_of(provider, purchase_id, BUNDLES[provider])

    answers = await asyncio.gather(*(confirm(purchase_id, receipt) for _ in range(8)))

    assert answers == [answers[0]] * 8
    assert answers[0]["purchase"]["status"] == "CREDITED"
    assert await coins() == 710
    assert len(await stored_events(shop)) == 2
    await assert_books_balance(shop)


@pytest.mark.parametrize("provider", STORES)
@pytest.mark.parametrize("names_purchase", [True, False])
async def test_receipt_of_another_account_is_refused_and_alarms(
    shop: Pool,
    order: Any,
    confirm: Any,
    receipt_of: Any,
    coins: Any,
    alarms: Any,
    provider: str,
    names_purchase: bool,
) -> None:
    """The first owner keeps the coins; the second is told no more than that (E21)."""
    hers, his = await order(provider), await order(provider, sub="bob")
    receipt = receipt_of(provider, hers if names_purchase else None, BUNDLES[provider])
    await confirm(hers, receipt)

    answer = await confirm(his, receipt, sub="bob")

    assert answer["code"] == "receipt_taken"
    assert hers not in answer["message"]
    assert (await coins(), await coins("bob")) == (710, 0)
    assert await alarms() == [TAKEN]
    kept = await shop.fetchval("SELECT body FROM provider_delivery ORDER BY delivery_id DESC")
    assert kept == receipt.encode()
    await assert_books_balance(shop)


@pytest.mark.parametrize("provider", STORES)
async def test_receipt_that_two_accounts_show_at_once_credits_one(
    order: Any, confirm: Any, receipt_of: Any, coins: Any, alarms: Any, provider: str
) -> None:
    """Where the store does not say for whom it was bought, the first one has it (E21, E22)."""
    users = [f"user-{number}" for number in range(6)]
    purchases = [await order(provider, sub=user) for user in users]
    receipt = receipt_of(provider, None, BUNDLES[provider])

    answers = await asyncio.gather(
        *(
            confirm(purchase, receipt, sub=user)
            for purchase, user in zip(purchases, users, strict=True)
        )
    )

    assert sorted(answer.get("code", "") for answer in answers) == ["", *["receipt_taken"] * 5]
    assert sorted([await coins(user) for user in users]) == [0] * 5 + [710]
    assert len(await alarms()) == 5


@pytest.mark.parametrize("provider", STORES)
async def test_shown_for_another_before_its_owner_has(
    order: Any, confirm: Any, receipt_of: Any, coins: Any, provider: str
) -> None:
    """Whose it is says the store, not who comes first."""
    hers, his = await order(provider), await order(provider, sub="bob")
    receipt = receipt_of(provider, hers, BUNDLES[provider])

    assert (await confirm(his, receipt, sub="bob"))["code"] == "receipt_taken"
    assert (await confirm(hers, receipt))["purchase"]["status"] == "CREDITED"

    assert (await coins(), await coins("bob")) == (710, 0)


@pytest.mark.parametrize("provider", STORES)
@pytest.mark.parametrize("change", [{"quantity": 2}, {"productId": "other"}], ids=str)
async def test_something_else_was_bought(
    shop: Pool,
    order: Any,
    confirm: Any,
    stores: AppStores,
    receipt_of: Any,
    coins: Any,
    alarms: Any,
    provider: str,
    change: dict[str, Any],
) -> None:
    """Money was taken for what was not ordered: nothing is credited, a person looks at it."""
    purchase_id = await order(provider)
    receipt = receipt_of(provider, purchase_id, BUNDLES[provider], **change)

    answers = [await confirm(purchase_id, receipt) for _ in range(2)]

    # Google is asked for a token of a product, and knows none.
    unknown = provider == "google_play" and "productId" in change
    expected = "receipt_invalid" if unknown else "receipt_mismatched"
    assert [answer["code"] for answer in answers] == [expected] * 2
    assert await coins() == 0
    assert await alarms() == ([] if unknown else [MISMATCHED])
    assert await shop.fetchval("SELECT count(*) FROM provider_delivery") == (0 if unknown else 1)
    assert await shop.fetchval("SELECT count(*) FROM store_errand") == 0


@pytest.mark.parametrize("provider", STORES)
async def test_second_payment_of_one_purchase_is_looked_at(
    order: Any, confirm: Any, receipt_of: Any, coins: Any, alarms: Any, provider: str
) -> None:
    """Bought twice in the store under one purchase: the buyer has paid once too often."""
    purchase_id = await order(provider)
    await confirm(purchase_id, receipt_of(provider, purchase_id, BUNDLES[provider]))

    answer = await confirm(purchase_id, receipt_of(provider, purchase_id, BUNDLES[provider]))

    assert answer["code"] == "receipt_mismatched"
    assert await coins() == 710
    assert await alarms() == [MISMATCHED]


async def test_google_pending_payment_comes_later(
    order: Any, confirm: Any, stores: AppStores, coins: Any
) -> None:
    """Paid in cash at a till: nothing until then."""
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700", purchaseState=2)

    assert (await confirm(purchase_id, token))["code"] == "payment_pending"
    assert await coins() == 0
    stores.purchases[token]["purchaseState"] = 0
    assert (await confirm(purchase_id, token))["purchase"]["status"] == "CREDITED"
    assert await coins() == 710


@pytest.mark.parametrize("provider", STORES)
async def test_what_was_given_back_before_is_not_credited(
    order: Any, confirm: Any, receipt_of: Any, coins: Any, provider: str
) -> None:
    purchase_id = await order(provider)
    change = {"revocationDate": 1} if provider == "app_store" else {"purchaseState": 1}
    receipt = receipt_of(provider, purchase_id, BUNDLES[provider], **change)

    assert (await confirm(purchase_id, receipt))["code"] == "receipt_revoked"
    assert await coins() == 0


@pytest.mark.parametrize("purchase_type", [0, 1, 2])
async def test_google_purchase_that_nobody_paid_gives_nothing(
    order: Any, confirm: Any, stores: AppStores, coins: Any, purchase_type: int
) -> None:
    """Testers, promotions and rewards pay nothing."""
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700", purchaseType=purchase_type)

    assert (await confirm(purchase_id, token))["code"] == "receipt_invalid"
    assert await coins() == 0


FORGED = {
    "nothing": lambda _: "",
    "nonsense": lambda _: "x.y.z",
    "of another root": lambda id_: AppleSigner.make().transaction(id_, "apple_700"),
    "too long": lambda _: "a" * 30_000,
    "no text": lambda _: "\ud800",
}


@pytest.mark.parametrize("provider", STORES)
@pytest.mark.parametrize("name", FORGED)
async def test_what_no_store_vouches_for_leaves_nothing(
    order: Any, confirm: Any, contents: Any, provider: str, name: str
) -> None:
    purchase_id = await order(provider)
    before = await contents()

    answer = await confirm(purchase_id, FORGED[name](purchase_id))

    assert answer["code"] == "receipt_invalid"
    assert await contents() == before


@pytest.mark.parametrize("change", [{"bundleId": "com.evil"}, {"environment": "Production"}])
async def test_apple_receipt_of_another_app_is_none_of_ours(
    order: Any, confirm: Any, apple: AppleSigner, change: dict[str, str]
) -> None:
    """In the other environment nobody pays."""
    purchase_id = await order("app_store")

    answer = await confirm(purchase_id, apple.transaction(purchase_id, "apple_700", **change))

    assert answer["code"] == "receipt_invalid"


async def test_apple_product_that_can_be_restored_is_not_credited(
    order: Any, confirm: Any, apple: AppleSigner
) -> None:
    """It would be bought once and restored, under new transactions, for ever."""
    purchase_id = await order("app_store")
    receipt = apple.transaction(purchase_id, "apple_700", type="Non-Consumable")

    assert (await confirm(purchase_id, receipt))["code"] == "receipt_invalid"


async def test_store_that_does_not_answer_can_be_asked_again(
    order: Any, confirm: Any, stores: AppStores, contents: Any
) -> None:
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700")
    before = await contents()
    stores.status = 503

    refused = await confirm(purchase_id, token)

    assert refused["code"] == "provider_unavailable"
    assert await contents() == before
    stores.status = None
    assert (await confirm(purchase_id, token))["purchase"]["status"] == "CREDITED"


async def test_only_the_buyer_may_show_it(
    order: Any, confirm: Any, ask: Any, apple: AppleSigner, contents: Any
) -> None:
    """Another's purchase and none look the same."""
    purchase_id = await order("app_store")
    receipt = apple.transaction(purchase_id, "apple_700")
    before = await contents()

    theirs = await confirm(purchase_id, receipt, sub="bob")
    nobodys = await confirm("01890000-0000-7000-8000-000000000000", receipt, sub="bob")

    assert theirs == nobodys
    assert theirs["code"] == "purchase_unknown"
    assert await contents() == before
