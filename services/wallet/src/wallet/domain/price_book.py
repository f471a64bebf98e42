"""What coins cost: versions of the price book that never change."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final

import msgspec

from chassis.money import exponent
from chassis.versions import check_follows
from contracts.event import Instant
from wallet.domain.lots import COINS_MAX

type Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]

WEB: Final = "web"
"""The store of whoever pays us without an app store between."""
BUNDLES_MAX: Final = 50
"""Per market: it is shown as one list."""
BUNDLE_COINS_MAX: Final = 10_000_000
"""Bought and given. So far below what an account can hold that no payment is ever refused there."""


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coins at a price."""

    id: Id
    coins: Annotated[int, msgspec.Meta(ge=1, le=BUNDLE_COINS_MAX)]
    amount_minor: Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)]
    """In the smallest unit of the market's currency."""
    bonus_coins: Annotated[int, msgspec.Meta(ge=0, le=BUNDLE_COINS_MAX)] = 0
    """Given on top, as a lot of their own class."""
    first_purchase_bonus_coins: Annotated[int, msgspec.Meta(ge=0, le=BUNDLE_COINS_MAX)] = 0
    """Given besides to a buyer who has bought nothing yet."""
    purchases_per_user_max: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    """How often one buyer may have it; None: as often as they like."""

    @property
    def all_coins(self) -> int:
        """Bought and given."""
        return self.coins + self.bonus_coins


class Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regions that buy at the same prices in a store, in one currency, from one company."""

    name: Id
    regions: tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")], ...]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    seller: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The company that sells there (C06)."""
    bundles: tuple[Bundle, ...]
    store: Id = WEB
    """Where it is sold: stores take their share, so that prices differ between them."""

    def find(self, bundle_id: str) -> Bundle | None:
        """The bundle of that id."""
        return next((bundle for bundle in self.bundles if bundle.id == bundle_id), None)


class PriceBook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the price book, in force from a moment on until the next version is."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    effective_from: Instant
    default_market: Id
    """Of callers whose region no market of the web names."""
    refund_window_days: dict[str, Annotated[int, msgspec.Meta(ge=0, le=3650)]]
    """By provider: how long a payment can be taken back. Earnings mature no sooner."""
    markets: tuple[Market, ...]
    bonus_expires_after_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None
    """Bonus coins not spent by then are gone; None: they stay."""
    stores: dict[str, Id] = {}
    """By provider: the store in which it takes the money, `web` unless told otherwise."""

    def store_of(self, provider: str) -> str:
        """In which store a provider takes money."""
        return self.stores.get(provider, WEB)

    def market_of(self, region: str | None, store: str = WEB) -> Market | None:
        """Where a caller from `region` buys; None where that store does not sell to them."""
        for market in self.markets:
            if market.store == store and region in market.regions:
                return market
        if store != WEB:
            return None
        return next(market for market in self.markets if market.name == self.default_market)


class PriceBookRefusedError(ValueError):
    """The price book must not be published; the message says which rule it breaks."""


class VersionTakenError(PriceBookRefusedError):
    """The version is published already, in other words."""


def check_publication(published: Sequence[PriceBook], book: PriceBook) -> None:
    """Make sure that `book` may follow what is published.

    Raises:
        PriceBookRefusedError: It breaks a rule.
    """
    check_follows(published, book, PriceBookRefusedError)
    check_book(book)


def check_book(book: PriceBook) -> None:
    """Make sure that a book is complete and that more coins never cost more each (C03).

    Raises:
        PriceBookRefusedError: It breaks a rule.
    """
    names = [market.name for market in book.markets]
    _refuse_repeats("market", names)
    if book.default_market not in [each.name for each in book.markets if each.store == WEB]:
        raise PriceBookRefusedError(
            f"the default market {book.default_market!r} is not in the book, or not of the web"
        )
    if not book.refund_window_days:
        raise PriceBookRefusedError("refund_window_days must name at least one provider")
    for store in sorted({market.store for market in book.markets}):
        sold = [each.regions for each in book.markets if each.store == store]
        _refuse_repeats(f"{store} region", [region for regions in sold for region in regions])
    if unsold := sorted(set(book.stores.values()) - {market.store for market in book.markets}):
        raise PriceBookRefusedError(f"store {', '.join(unsold)} of a provider has no market")
    _refuse_repeats("bundle", [bundle.id for market in book.markets for bundle in market.bundles])
    for market in book.markets:
        _check_market(market)


def _check_market(market: Market) -> None:
    try:
        exponent(market.currency)
    except ValueError as error:
        raise PriceBookRefusedError(f"market {market.name}: {error}") from error
    if not 1 <= len(market.bundles) <= BUNDLES_MAX:
        raise PriceBookRefusedError(
            f"market {market.name} must have 1 to {BUNDLES_MAX} bundles, not {len(market.bundles)}"
        )
    for smaller, larger in pairwise(market.bundles):
        if larger.coins <= smaller.coins:
            raise PriceBookRefusedError(
                f"market {market.name}: bundles must grow, but {larger.id} has no more coins than "
                f"{smaller.id}"
            )
        # With the bonus and without: it may expire. Cross-multiplied, since a unit price has no
        # exact number.
        if (
            larger.amount_minor * smaller.coins > smaller.amount_minor * larger.coins
            or larger.amount_minor * smaller.all_coins > smaller.amount_minor * larger.all_coins
        ):
            raise PriceBookRefusedError(
                f"market {market.name}: a coin of {larger.id} costs more than one of {smaller.id}"
            )


def _refuse_repeats(what: str, names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise PriceBookRefusedError(f"{what} {', '.join(repeated)} occurs more than once")
