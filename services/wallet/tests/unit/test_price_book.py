"""Which price books may be published, and what is sold where."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.price_book import (
    BUNDLES_MAX,
    WEB,
    Bundle,
    Market,
    PriceBook,
    PriceBookRefusedError,
    check_book,
    check_publication,
)
from wallet.testing.buying import first_price_books

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
SMALL = Bundle("small", coins=100, amount_minor=130)
LARGE = Bundle("large", coins=1_000, amount_minor=1_200, bonus_coins=50)


def a_market(*bundles: Bundle, **changes: object) -> Market:
    market = Market("us", ("US", "CA"), "USD", "Largesse Inc.", bundles or (SMALL, LARGE))
    return msgspec.structs.replace(market, **changes)


def a_book(*markets: Market, **changes: object) -> PriceBook:
    book = PriceBook(
        version=1,
        effective_from=JANUARY,
        default_market="us",
        refund_window_days={"sandbox": 14},
        markets=markets or (a_market(),),
    )
    return msgspec.structs.replace(book, **changes)


def market_of(book: PriceBook, region: str | None, store: str = WEB) -> Market:
    market = book.market_of(region, store)
    assert market is not None
    return market


def test_first_price_book_may_be_published() -> None:
    """What set-up publishes on a new system."""
    published: list[PriceBook] = []
    for book in first_price_books():
        check_publication(published, book)
        published.append(book)

    assert len(published) == 3


REFUSED = {
    "a market twice": (a_book(a_market(), a_market(regions=("MX",))), "market us occurs more"),
    "no default market": (a_book(default_market="eu"), "the default market 'eu' is not"),
    "a default market of an app store": (
        a_book(a_market(store="app_store")),
        "the default market 'us' is not in the book, or not of the web",
    ),
    "a provider of a store without market": (
        a_book(stores={"apple": "app_store"}),
        "store app_store of a provider has no market",
    ),
    "no market": (a_book(markets=()), "the default market 'us' is not"),
    "no provider": (a_book(refund_window_days={}), "at least one provider"),
    "a region in two markets": (
        a_book(a_market(), a_market(Bundle("b", 1, 1), name="ca", regions=("CA",))),
        "region CA occurs more",
    ),
    "a bundle in two markets": (
        a_book(a_market(), a_market(SMALL, name="mx", regions=("MX",))),
        "bundle small occurs more",
    ),
    "an unknown currency": (a_book(a_market(currency="XXX")), "unknown currency 'XXX'"),
    "a market without bundles": (a_book(a_market(bundles=())), "must have 1 to 50 bundles, not 0"),
    "a market with too many": (
        a_book(a_market(*[Bundle(f"b{n}", n, n) for n in range(1, BUNDLES_MAX + 2)])),
        "must have 1 to 50 bundles, not 51",
    ),
    "bundles that do not grow": (a_book(a_market(LARGE, SMALL)), "small has no more coins than"),
    "a dearer coin": (
        a_book(a_market(SMALL, Bundle("more", 200, 261))),
        "a coin of more costs more than one of small",
    ),
    "a coin that is dearer with the bonus counted": (
        a_book(a_market(Bundle("kind", 100, 100, bonus_coins=50), Bundle("more", 200, 200))),
        "a coin of more costs more than one of kind",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    book, message = REFUSED[name]

    with pytest.raises(PriceBookRefusedError, match=message):
        check_book(book)


def test_equal_unit_prices_are_fine() -> None:
    check_book(a_book(a_market(SMALL, Bundle("twice", 200, 260))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 1}, "version 1 must be 2"),
        ({"version": 3}, "version 3 must be 2"),
        ({"effective_from": JANUARY}, "must come into force after version 1"),
        ({"effective_from": JANUARY - timedelta(days=1)}, "must come into force after version 1"),
        ({"default_market": "eu"}, "the default market 'eu' is not"),
    ],
)
def test_successor_follows_what_is_published(changes: dict[str, Any], message: str) -> None:
    good = {"version": 2, "effective_from": JANUARY + timedelta(days=30)}
    check_publication([a_book()], a_book(**good))

    with pytest.raises(PriceBookRefusedError, match=message):
        check_publication([a_book()], a_book(**good | changes))


BUNDLES = st.lists(
    st.builds(
        Bundle,
        id=st.uuids().map(str),
        coins=st.integers(1, 2_000),
        amount_minor=st.integers(1, 2_000),
        bonus_coins=st.integers(0, 100),
    ),
    min_size=1,
    max_size=4,
)


@given(BUNDLES)
def test_no_accepted_book_charges_more_for_buying_more(bundles: list[Bundle]) -> None:
    """Each coin costs no more in a larger bundle, its bonus counted or not (C03)."""
    bundles = sorted(bundles, key=lambda bundle: bundle.coins)
    try:
        check_book(a_book(a_market(*bundles)))
    except PriceBookRefusedError:
        fair = [
            larger.coins > smaller.coins
            and larger.amount_minor / larger.coins <= smaller.amount_minor / smaller.coins
            and larger.amount_minor / larger.all_coins <= smaller.amount_minor / smaller.all_coins
            for smaller, larger in pairwise(bundles)
        ]
        assert not all(fair)
        return

    for smaller, larger in pairwise(bundles):
        assert larger.amount_minor * smaller.coins <= smaller.amount_minor * larger.coins
        assert larger.amount_minor * smaller.all_coins <= smaller.amount_minor * larger.all_coins


@pytest.mark.parametrize("store", ["app_store", "google_play"])
def test_coins_are_dearer_in_stores(store: str) -> None:
    """Stores take their share (C02): each bundle costs more there than on the web.

    Its id is the product's there: lower case, digits and underscores.
    """
    book = first_price_books()[-1]
    assert book.stores[store] == store
    assert book.refund_window_days[store] > 0
    sold = [market for market in book.markets if market.store == store]

    assert {market.currency for market in sold} == {"USD", "EUR", "JPY"}
    for market in sold:
        web = market_of(book, market.regions[0])
        assert (market.regions, market.currency, market.seller) == (
            *(web.regions, web.currency),
            web.seller,
        )
        here = {(each.coins, each.bonus_coins): each for each in web.bundles}
        for bundle in market.bundles:
            assert bundle.amount_minor > here[bundle.coins, bundle.bonus_coins].amount_minor
            assert re.fullmatch(r"[a-z0-9][a-z0-9_]*", bundle.id)


def test_region_decides_the_market() -> None:
    """Who comes from nowhere, or from where no market is, buys in the default one (C06)."""
    book = first_price_books()[-1]

    found = {region: market_of(book, region).name for region in ("US", "DE", "JP", "NZ", None)}

    assert found == {"US": "us", "DE": "eu", "JP": "jp", "NZ": "us", None: "us"}
    assert market_of(book, "JP").find("jp-70") is not None
    assert market_of(book, "JP").find("us-70") is None


@pytest.mark.parametrize(
    "change",
    [
        {"coins": 0},
        {"coins": -1},
        {"coins": 10_000_001},
        {"coins": 1.5},
        {"coins": "100"},
        {"amount_minor": 0},
        {"amount_minor": 2**53},
        {"bonus_coins": -1},
        {"bonus_coins": 10_000_001},
        {"id": "Small"},
        {"id": ""},
        {"id": "small\n"},
        {"discount": 5},
    ],
    ids=str,
)
def test_malformed_bundle_is_not_read(change: dict[str, object]) -> None:
    """A misspelt field is refused rather than ignored."""
    bundle = {"id": "small", "coins": 100, "amount_minor": 130}
    msgspec.convert(bundle, Bundle)

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bundle | change, Bundle)


@pytest.mark.parametrize(
    "change",
    [
        {"regions": ["us"]},
        {"regions": ["US\n"]},
        {"regions": ["USA"]},
        {"currency": "usd"},
        {"seller": ""},
    ],
    ids=str,
)
def test_malformed_market_is_not_read(change: dict[str, object]) -> None:
    market = msgspec.to_builtins(a_market())
    msgspec.convert(market, Market)

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(market | change, Market)


def test_stores_have_prices_of_their_own() -> None:
    """Where a store does not sell, the web's default market is no substitute."""
    app = a_market(Bundle("app-100", coins=100, amount_minor=170), name="app-us", store="app_store")
    book = a_book(a_market(), app, stores={"apple": "app_store"})

    check_book(book)

    assert market_of(book, "US").name == "us"
    assert market_of(book, "US", "app_store").name == "app-us"
    assert book.market_of("DE", "app_store") is None
    assert (book.store_of("apple"), book.store_of("sandbox")) == ("app_store", "web")
