"""Versions of the price book, as operators see and publish them."""

from datetime import datetime
from typing import Final, Self

import strawberry

from chassis.graphql import (
    AUDITOR,
    Connection,
    Currency,
    Page,
)
from wallet.domain import price_book as domain
from wallet.graphql.context import WalletContext
from wallet.graphql.purchase import CoinBundle
from wallet.store.price_books import Published, select_published

PUBLISHER: Final = "operator:catalogue"
READERS: Final = (PUBLISHER, AUDITOR)


@strawberry.type(description="A payment provider and its terms.")
class PriceBookProvider:
    """Of one version of the price book."""

    name: str = strawberry.field(description="Names the provider in `purchaseCoins`.")
    refund_window_days: int = strawberry.field(
        description="How long a payment can be taken back. Earnings mature no sooner."
    )
    store: str = strawberry.field(description="The store whose prices it takes.")


@strawberry.type(
    description="Regions that buy at the same prices in a store, in one currency, from one company."
)
class PriceBookMarket:
    """Of one version of the price book."""

    name: str = strawberry.field(description="Unique in its version.")
    store: str = strawberry.field(description="`web` or an app store.")
    regions: list[str] = strawberry.field(description="ISO 3166-1 codes.")
    currency: Currency = strawberry.field(description="What is paid in.")
    seller: str = strawberry.field(description="The company that sells there.")
    bundles: list[CoinBundle] = strawberry.field(description="What is sold, smallest first.")

    @classmethod
    def of(cls, market: domain.Market) -> Self:
        """Show a market."""
        return cls(
            name=market.name,
            store=market.store,
            regions=list(market.regions),
            currency=Currency(market.currency),
            seller=market.seller,
            bundles=[CoinBundle.of(bundle, market.currency) for bundle in market.bundles],
        )


@strawberry.type(description="A version of the price book. It never changes.")
class PriceBook:
    """In force until the next one is."""

    version: int = strawberry.field(description="Counts from 1 without gaps.")
    effective_from: datetime = strawberry.field(description="From when on it is in force.")
    published_at: datetime = strawberry.field(description="When it was published.")
    default_market: str = strawberry.field(description="Of callers from no market's region.")
    bonus_expires_after_days: int | None = strawberry.field(
        description="Bonus coins not spent by then are gone. Null: they stay."
    )
    providers: list[PriceBookProvider] = strawberry.field(description="Who takes payments.")
    markets: list[PriceBookMarket] = strawberry.field(description="Who buys what at which price.")

    @classmethod
    def of(cls, published: Published) -> Self:
        """Show a version."""
        book = published.book
        return cls(
            version=book.version,
            effective_from=book.effective_from,
            published_at=published.published_at,
            default_market=book.default_market,
            bonus_expires_after_days=book.bonus_expires_after_days,
            providers=[
                PriceBookProvider(name=name, refund_window_days=days, store=book.store_of(name))
                for name, days in book.refund_window_days.items()
            ],
            markets=[PriceBookMarket.of(market) for market in book.markets],
        )


@strawberry.type(description="A page of the versions of the price book, newest first.")
class PriceBookConnection(Connection[PriceBook]):
    """Versions to come are in it."""


async def read_price_books(
    context: WalletContext,
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> PriceBookConnection:
    """A page of the versions."""
    page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
    async with context.pool.acquire() as conn:
        rows = await select_published(
            conn,
            beyond=page.position[0] if page.position else None,
            limit=page.limit + 1,
            backward=page.backward,
        )
    return PriceBookConnection.of(
        page, rows, node=PriceBook.of, key=lambda published: (published.book.version,)
    )
