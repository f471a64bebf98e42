"""A new system sells in both app stores as soon as it is told how to reach them."""

from typing import Any

import pytest

from chassis.db import Pool
from support.app_stores import AppStores
from support.apple_signing import AppleSigner
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import first_price_books, open_shop

SOLD = [
    (bundle.id, provider, market.regions[0])
    for provider, store in first_price_books()[-1].stores.items()
    for market in first_price_books()[-1].markets
    if market.store == store
    for bundle in market.bundles[2:3]
]
"""One bundle with a bonus of each market."""


@pytest.fixture
async def shop(pool: Pool) -> Pool:
    """What `seed` gives, and nothing else."""
    await open_shop(pool)
    return pool


@pytest.mark.parametrize(("bundle_id", "provider", "region"), SOLD)
async def test_receipt_of_a_seeded_bundle_becomes_coins(
    shop: Pool,
    order: Any,
    confirm: Any,
    apple: AppleSigner,
    stores: AppStores,
    coins: Any,
    bundle_id: str,
    provider: str,
    region: str,
) -> None:
    """The product is the bundle; what it costs is what the store says."""
    purchase_id = await order(provider, bundle_id=bundle_id, region=region)
    receipt_of = apple.transaction if provider == "app_store" else stores.buy

    answer = await confirm(purchase_id, receipt_of(purchase_id, bundle_id), region=region)

    assert answer["purchase"] == {
        "id": purchase_id,
        "status": "CREDITED",
        "coins": 700,
        "bonusCoins": 10,
    }
    assert await coins() == 710
    await assert_books_balance(shop)
