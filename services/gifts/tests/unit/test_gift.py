"""From an order to a gift with a frozen price, and who may see it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import ids
from gifts.domain.catalogue import GiftItem
from gifts.domain.gift import (
    Gift,
    GiftRefusal,
    ReachedLimit,
    Settlement,
    accept_order,
    body_hash,
    error_of,
    may_see,
    settle,
)
from gifts.domain.refusals import (
    DomainError,
    GiftItemUnavailableError,
    IdempotencyConflictError,
    InsufficientCoinsError,
    InvalidCountError,
    MalformedError,
    MessageTooLongError,
    PriceChangedError,
    SelfGiftError,
    SpendLimitReachedError,
)
from gifts.testing import NOW, an_order, first_catalogue

CATALOGUE = first_catalogue()


def accepted(**changes: object) -> Gift:
    return accept_order(an_order(**changes), CATALOGUE, at=NOW)


def test_price_and_terms_are_frozen() -> None:
    order = an_order(item_id="corgi", count=3, quoted_price_coins=900, message="Good dog!")

    gift = accept_order(order, CATALOGUE, at=NOW)

    assert gift == Gift(
        gift_id=order.gift_id,
        sender_id="alice",
        creator_id="star",
        item_id="corgi",
        count=3,
        price_coins=897,
        catalogue_version=1,
        target_kind="video",
        target_id="video-1",
        message="Good dog!",
        requested_at=NOW,
        status="PENDING",
    )


@pytest.mark.parametrize(
    ("item_id", "count", "max_length"),
    [
        ("rose", 1, 30),
        ("rose", 9, 30),
        ("rose", 10, 50),
        ("rose", 99, 50),
        ("rose", 100, 100),
        ("rose", 1_000, 200),
        ("perfume", 1, 50),
        ("perfume", 500, 350),
        ("universe", 1, 350),
        ("universe", 1_000, 350),
    ],
)
def test_a_message_is_as_long_as_the_price_allows(
    item_id: str, count: int, max_length: int
) -> None:
    """Of all pieces together (C14): as long as with one piece of that price."""
    order = {"item_id": item_id, "count": count, "quoted_price_coins": 10**9}

    assert accepted(**order, message="x" * max_length).message == "x" * max_length
    with pytest.raises(MessageTooLongError) as refused:
        accepted(**order, message="x" * (max_length + 1))
    assert refused.value.max_length == max_length


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"creator_id": "alice"}, SelfGiftError),
        ({"item_id": "orchid"}, GiftItemUnavailableError),
        ({"item_id": "\x00"}, GiftItemUnavailableError),
        ({"count": 0}, InvalidCountError),
        ({"count": -1}, InvalidCountError),
        ({"count": 1001, "quoted_price_coins": 9999}, InvalidCountError),
        ({"message": "x" * 31}, MessageTooLongError),
        ({"quoted_price_coins": 6}, PriceChangedError),
        ({"quoted_price_coins": -1}, PriceChangedError),
        ({"creator_id": ""}, MalformedError),
        ({"creator_id": "a b"}, MalformedError),
        ({"target_id": "x" * 65}, MalformedError),
        ({"target_kind": "room", "target_id": ""}, MalformedError),
        ({"target_kind": "room", "target_id": "room-1"}, MalformedError),
        ({"message": "a\x00b"}, MalformedError),
        ({"message": ""}, MalformedError),
    ],
)
def test_order_is_refused(changes: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        accepted(**changes)


def test_refusals_come_in_a_fixed_order() -> None:
    """An order that is wrong in every way is refused for the first reason, mended for the next."""
    wrong: dict[str, Any] = {
        "creator_id": "alice",
        "item_id": "orchid",
        "count": 0,
        "message": "x" * 351,
        "quoted_price_coins": 0,
    }
    mended = {
        "creator_id": "star",
        "item_id": "rose",
        "count": 1,
        "message": None,
        "quoted_price_coins": 1,
    }
    codes: list[str] = []

    for field in mended:
        with pytest.raises(DomainError) as refusal:
            accepted(**wrong)
        codes.append(refusal.value.code)
        wrong[field] = mended[field]

    assert accepted(**wrong).price_coins == 1
    assert codes == [
        "self_gift",
        "gift_item_unavailable",
        "invalid_count",
        "message_too_long",
        "price_changed",
    ]


def test_nothing_is_on_sale_without_a_catalogue() -> None:
    with pytest.raises(GiftItemUnavailableError):
        accept_order(an_order(), None, at=NOW)


def test_dearer_price_is_told() -> None:
    with pytest.raises(PriceChangedError) as refusal:
        accepted(item_id="corgi", count=3, quoted_price_coins=896)

    assert refusal.value.price_coins == 897


@given(
    st.sampled_from(CATALOGUE.items),
    st.integers(-5, 1005),
    st.one_of(st.integers(-9, 60_000), st.integers(-(2**53), 2**53 - 1)),
)
def test_never_charges_more_than_quoted(item: GiftItem, count: int, quoted: int) -> None:
    """Price times count, at most what was quoted, at least one coin, or a refusal."""
    price = item.price_coins * count
    changes = {"item_id": item.item_id, "count": count, "quoted_price_coins": quoted}

    if not 1 <= count <= 1000:
        with pytest.raises(InvalidCountError):
            accepted(**changes)
    elif quoted < price:
        with pytest.raises(PriceChangedError) as refusal:
            accepted(**changes)
        assert refusal.value.price_coins == price
    else:
        assert accepted(**changes).price_coins == price >= 1


def test_same_order_has_the_same_hash() -> None:
    order = an_order(message="hi")

    assert body_hash(order) == body_hash(msgspec.structs.replace(order))
    assert len(body_hash(order)) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"gift_id": ids.uuid7()},
        {"sender_id": "mallory"},
        {"creator_id": "moon"},
        {"item_id": "clover"},
        {"count": 8},
        {"target_kind": "room"},
        {"target_id": "video-2"},
        {"quoted_price_coins": 8},
        {"message": "x"},
    ],
)
def test_other_order_has_another_hash(change: dict[str, Any]) -> None:
    order = an_order()

    assert body_hash(order) != body_hash(msgspec.structs.replace(order, **change))


def test_every_field_of_an_order_is_in_its_hash() -> None:
    """Who adds a field must decide what it means for retries; the cases above are all fields."""
    assert set(msgspec.structs.asdict(an_order())) == {
        "gift_id",
        "sender_id",
        "creator_id",
        "item_id",
        "count",
        "target_kind",
        "target_id",
        "quoted_price_coins",
        "message",
    }


def test_settlement_changes_nothing_but_the_outcome() -> None:
    gift = accepted()
    refusal = GiftRefusal("insufficient_coins", 7, 3)
    at = NOW + timedelta(seconds=1)

    settled = settle(gift, Settlement("REFUSED", at, refusal))

    assert settled == msgspec.structs.replace(
        gift, status="REFUSED", settled_at=at, refusal=refusal
    )
    assert gift.status == "PENDING"


def test_wallets_refusals_have_errors() -> None:
    poor = error_of(GiftRefusal("insufficient_coins", 7, 3))
    taken = error_of(GiftRefusal("charge_conflict", 7, 0))
    limit = ReachedLimit("week", 20, 15, NOW)
    limited = error_of(GiftRefusal("spend_limit_reached", 7, 900, limit))

    assert isinstance(poor, InsufficientCoinsError)
    assert (poor.needed_coins, poor.balance_coins) == (7, 3)
    assert isinstance(taken, IdempotencyConflictError)
    assert isinstance(limited, SpendLimitReachedError)
    assert (limited.limit, limited.limit_coins, limited.spent_coins) == ("week", 20, 15)
    assert (limited.needed_coins, limited.frees_up_at) == (7, NOW)


@pytest.mark.parametrize(
    ("user_id", "auditor", "seen_when"),
    [
        ("alice", False, {"PENDING", "SENT", "REFUSED", "REVERSED"}),
        ("star", False, {"SENT", "REVERSED"}),
        ("mallory", False, set()),
        ("mallory", True, {"PENDING", "SENT", "REFUSED", "REVERSED"}),
    ],
)
def test_who_sees_a_gift(user_id: str, auditor: bool, seen_when: set[str]) -> None:
    gift = accepted()

    seen = {
        status
        for status in ("PENDING", "SENT", "REFUSED", "REVERSED")
        if may_see(msgspec.structs.replace(gift, status=status), user_id=user_id, auditor=auditor)
    }

    assert seen == seen_when
