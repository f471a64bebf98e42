"""What makes a catalogue fit to be published."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.data import first_catalogue
from gifts.domain.catalogue_file import CatalogueError, catalogue_of, read_catalogue
from gifts.testing import NOW

type Document = dict[str, Any]


def a_document() -> Document:
    return {
        "version": 3,
        "tiers": [{"tier": 1, "max_message_length": 0}, {"tier": 2, "max_message_length": 50}],
        "items": [
            {"id": "rose", "name": "Rose", "tier": 1, "price_coins": 1, "streakable": True},
            {"id": "lion", "name": "Lion", "tier": 2, "price_coins": 9, "streakable": False},
        ],
    }


def as_bytes(document: Document) -> bytes:
    return json.dumps(document).encode()


def test_document_becomes_a_catalogue() -> None:
    catalogue = catalogue_of(read_catalogue(as_bytes(a_document())), published_at=NOW)

    assert (catalogue.version, catalogue.effective_from) == (3, NOW)
    assert [item.item_id for item in catalogue.items] == ["rose", "lion"]
    assert [item.max_message_length for item in catalogue.items] == [0, 50]


def test_announced_moment_wins_over_the_publication() -> None:
    document = a_document() | {"effective_from": "2026-09-01T00:00:00Z"}

    catalogue = catalogue_of(read_catalogue(as_bytes(document)), published_at=NOW)

    assert catalogue.effective_from.isoformat() == "2026-09-01T00:00:00+00:00"


def _item(key: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["items"][1][key] = value

    return change


def _tier(key: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["tiers"][1][key] = value

    return change


def _top(key: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_item("price_coins", 0), "price_coins|>= 1"),
        (_item("price_coins", -1), ">= 1"),
        (_item("price_coins", 1.5), "Expected `int`"),
        (_item("price_coins", 10**12 + 1), "<= 1000000000000"),
        (_item("price_coins", 1), "tier 2 begins at 1 coins, but tier 1 goes up to 1"),
        (_item("id", "rose"), "item rose is listed twice"),
        (_item("id", "Lion King"), "regex"),
        (_item("id", ""), "regex"),
        (_item("name", ""), "length >= 1"),
        (_item("tier", 3), "item lion is of tier 3, which is not declared"),
        (_item("emoji", "🦁"), "unknown field `emoji`"),
        (_tier("tier", 1), "tier 1 is listed after tier 1"),
        (_tier("max_message_length", -1), ">= 0"),
        (_tier("max_message_length", 351), "<= 350"),
        (_top("version", 0), ">= 1"),
        (_top("items", []), "length >= 1"),
        (_top("tiers", []), "length >= 1"),
        (_top("effective_from", "2026-09-01T00:00:00"), "timezone"),
    ],
)
def test_unfit_catalogue_is_refused(change: Callable[[Document], None], problem: str) -> None:
    document = a_document()
    change(document)

    with pytest.raises(CatalogueError, match=problem):
        read_catalogue(as_bytes(document))


def test_dearer_tier_never_allows_shorter_messages() -> None:
    document = a_document()
    document["tiers"][0]["max_message_length"] = 60

    with pytest.raises(CatalogueError, match="tier 2 allows shorter messages than tier 1"):
        read_catalogue(as_bytes(document))


def test_all_problems_are_told_at_once() -> None:
    document = a_document()
    document["items"] += document["items"]
    document["tiers"][0]["max_message_length"] = 60

    with pytest.raises(CatalogueError) as refusal:
        read_catalogue(as_bytes(document))

    assert len(str(refusal.value).split("; ")) == 3


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_in_words(text: bytes) -> None:
    with pytest.raises(CatalogueError):
        read_catalogue(text)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=8, unique=True))
def test_catalogue_keeps_every_price(prices: list[int]) -> None:
    """Tiers in the order of their prices pass, and each price arrives as it was written."""
    prices.sort()
    document = {
        "version": 1,
        "tiers": [{"tier": n + 1, "max_message_length": n} for n in range(len(prices))],
        "items": [
            {"id": f"i{n}", "name": "I", "tier": n + 1, "price_coins": price, "streakable": False}
            for n, price in enumerate(prices)
        ],
    }

    catalogue = catalogue_of(read_catalogue(as_bytes(document)), published_at=NOW)

    assert [item.price_coins for item in catalogue.items] == prices


def test_first_catalogue_is_fit() -> None:
    assert read_catalogue(first_catalogue()).version == 1
