"""Which prices count when."""

from datetime import timedelta

import pytest

from gifts.domain.catalogue import Catalogue, Catalogues, GiftItem, in_order
from gifts.testing import NOW, first_catalogue


def an_item(item_id: str, price_coins: int) -> GiftItem:
    return GiftItem(item_id, item_id.title(), 1, price_coins, 30, streakable=True)


OLD_ROSE, ROSE, DAISY = an_item("rose", 1), an_item("rose", 2), an_item("daisy", 3)
FIRST = Catalogue(1, NOW - timedelta(days=1), (OLD_ROSE, DAISY))
SECOND = Catalogue(2, NOW, (ROSE,))
CATALOGUES = Catalogues((SECOND, FIRST), {"rose": OLD_ROSE, "daisy": DAISY})

JUST_BEFORE = NOW - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "version"),
    [(NOW, 2), (NOW + timedelta(days=900), 2), (JUST_BEFORE, 1), (FIRST.effective_from, 1)],
)
def test_version_counts_from_its_moment_on(at: object, version: int) -> None:
    catalogue = CATALOGUES.in_force(at)  # pyright: ignore[reportArgumentType]

    assert catalogue is not None
    assert catalogue.version == version


def test_nothing_is_on_sale_before_the_first_version() -> None:
    assert CATALOGUES.in_force(FIRST.effective_from - timedelta(seconds=1)) is None
    assert Catalogues((), {}).in_force(NOW) is None


def test_item_is_as_sold_now_or_as_sold_last() -> None:
    assert CATALOGUES.find_item("rose", NOW) is ROSE
    assert CATALOGUES.find_item("rose", JUST_BEFORE) is OLD_ROSE
    assert CATALOGUES.find_item("daisy", NOW) is DAISY
    assert CATALOGUES.find_item("orchid", NOW) is None


def test_items_are_listed_cheapest_first() -> None:
    listed = in_order([DAISY, ROSE, an_item("aster", 2)])

    assert [item.item_id for item in listed] == ["aster", "rose", "daisy"]


def test_first_catalogue_spans_the_tiers() -> None:
    """At least twenty items from a rose of 1 coin to the universe of 44,999 (C11)."""
    catalogue = first_catalogue()

    assert len(catalogue.items) >= 20
    assert catalogue.by_id["rose"].price_coins == 1
    assert catalogue.by_id["universe"].price_coins == 44_999
    assert {item.tier for item in catalogue.items} == {1, 2, 3, 4, 5}
    assert catalogue.items[0].price_coins == 1
    assert catalogue.items[-1].item_id == "universe"


def test_message_lengths_go_up_with_the_price() -> None:
    """One step where a message may be longer; below the first there may be none."""
    items = [
        GiftItem("dear", "Dear", 3, 50, 100, streakable=False),
        GiftItem("mute", "Mute", 1, 1, 0, streakable=True),
        GiftItem("fair", "Fair", 2, 10, 30, streakable=True),
        GiftItem("same", "Same", 2, 20, 30, streakable=True),
    ]
    catalogue = Catalogue(1, NOW, in_order(items))

    assert catalogue.message_lengths == [(10, 30), (50, 100)]
    assert [catalogue.max_message_length(coins) for coins in (1, 9, 10, 49, 50, 10**15)] == [
        *(0, 0, 30, 30, 100, 100),
    ]
    assert Catalogue(1, NOW, ()).max_message_length(5) == 0
