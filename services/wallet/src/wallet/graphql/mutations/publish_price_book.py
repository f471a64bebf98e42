"""Publish a version of the price book."""

from datetime import datetime
from typing import Annotated

import msgspec
import strawberry

from chassis.db import Conn, transact
from chassis.graphql import (
    BigInt,
    Coins,
    Currency,
    IdempotencyConflict,
    Refusal,
    act_of,
    refusal,
)
from chassis.operators import Act
from wallet.commands.publish_price_book import publish_by_operator
from wallet.domain import price_book as domain
from wallet.domain.price_book import PriceBookRefusedError, VersionTakenError
from wallet.graphql.context import Info, WalletContext
from wallet.graphql.mutations.refusing import counted
from wallet.graphql.price_books import PriceBook
from wallet.store.price_books import find_published


@strawberry.input(description="Coins at a price.")
class BundleInput:
    """The rules are the price book's."""

    id: strawberry.ID = strawberry.field(description="Unique in the version.")
    coins: Coins = strawberry.field(description="Coins bought.")
    amount_minor: BigInt = strawberry.field(
        description="What it costs, in the smallest unit of the market's currency."
    )
    bonus_coins: Coins = strawberry.field(default=Coins(0), description="Coins given on top.")
    first_purchase_bonus_coins: Coins = strawberry.field(
        default=Coins(0), description="Bonus coins besides for who has bought nothing yet."
    )
    purchases_per_user_max: int | None = strawberry.field(
        default=None, description="How often one buyer may have it. Null: as often as they like."
    )


@strawberry.input(description="A market with its bundles, smallest first.")
class MarketInput:
    """A coin of a larger bundle never costs more than one of a smaller."""

    name: str = strawberry.field(description="Unique in the version.")
    regions: list[str] = strawberry.field(description="ISO 3166-1 codes, each in one market.")
    currency: Currency = strawberry.field(description="What is paid in.")
    seller: str = strawberry.field(description="The company that sells there.")
    bundles: list[BundleInput] = strawberry.field(description="What is sold.")
    store: str = strawberry.field(default=domain.WEB, description="`web` or an app store.")


@strawberry.input(description="A payment provider and its terms.")
class ProviderInput:
    """At least one."""

    name: str = strawberry.field(description="Names the provider in `purchaseCoins`.")
    refund_window_days: int = strawberry.field(
        description="How long a payment can be taken back. Earnings mature no sooner."
    )
    store: str = strawberry.field(
        default=domain.WEB, description="The store whose prices it takes."
    )


@strawberry.input(description="A whole version of the price book.")
class PublishPriceBookInput:
    """Sent again with the same words it changes nothing."""

    version: int = strawberry.field(description="The newest version's number plus one.")
    effective_from: datetime = strawberry.field(description="From when on; in the future.")
    default_market: str = strawberry.field(description="Of callers from no market's region.")
    providers: list[ProviderInput] = strawberry.field(description="Who takes payments.")
    markets: list[MarketInput] = strawberry.field(description="Who buys what at which price.")
    reason: str = strawberry.field(description="Why, for the log: 1 to 500 characters.")
    bonus_expires_after_days: int | None = strawberry.field(
        default=None, description="Bonus coins not spent by then are gone. Null: they stay."
    )

    def read(self) -> domain.PriceBook:
        """The version meant.

        Raises:
            PriceBookRefusedError: A field has a value that no version may have.
        """
        names = [provider.name for provider in self.providers]
        if len(names) != len(set(names)):
            raise PriceBookRefusedError("a provider occurs more than once")
        given: dict[str, object] = {
            "version": self.version,
            "effective_from": self.effective_from,
            "default_market": self.default_market,
            "bonus_expires_after_days": self.bonus_expires_after_days,
            "refund_window_days": {each.name: each.refund_window_days for each in self.providers},
            "stores": {
                each.name: each.store for each in self.providers if each.store != domain.WEB
            },
            "markets": [strawberry.asdict(market) for market in self.markets],
        }
        try:
            return msgspec.convert(given, domain.PriceBook)
        except msgspec.ValidationError as error:
            raise PriceBookRefusedError(str(error)) from error


@strawberry.type(description="The version is published.")
class PublishPriceBookPayload:
    """It may be in force only later."""

    replayed: bool = strawberry.field(
        description="Whether it was published before: the request was a retry."
    )
    price_book: PriceBook = strawberry.field(description="The version.")


@refusal(
    code="price_book_refused",
    description="The version breaks a rule of the price book; the message says which.",
)
class PriceBookRefused(Refusal):
    """Nothing of it was published."""


PublishPriceBookResult = Annotated[
    PublishPriceBookPayload | PriceBookRefused | IdempotencyConflict,
    strawberry.union("PublishPriceBookResult", description="What came of publishing prices."),
]


async def publish_price_book(
    info: Info,
    input: Annotated[PublishPriceBookInput, strawberry.argument(description="The version.")],  # noqa: A002
) -> PublishPriceBookResult:
    """Lands in the log of operators' actions."""
    return counted("publishPriceBook", await _read_and_publish(info.context, input))


async def _read_and_publish(
    context: WalletContext, wanted: PublishPriceBookInput
) -> PublishPriceBookResult:
    act = act_of(context, wanted.reason, context.now())
    try:
        book = wanted.read()
        payload = await transact(context.pool, lambda conn: _publish(conn, book, act))
    except VersionTakenError:
        return IdempotencyConflict(message="This version is published already, in other words.")
    except PriceBookRefusedError as error:
        return PriceBookRefused(message=str(error))
    return payload


async def _publish(conn: Conn, book: domain.PriceBook, act: Act) -> PublishPriceBookPayload:
    added = await publish_by_operator(conn, book, act)
    published = await find_published(conn, book.version)
    return PublishPriceBookPayload(replayed=not added, price_book=PriceBook.of(published))
