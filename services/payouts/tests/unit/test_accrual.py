"""From gifts to diamonds: what each slice earns, and that no part of it is lost."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.gifts.v1 import GiftSent
from contracts.wallet.v1 import LotSlice
from payouts.domain.accrual import UnaccruableGiftError, accrue, sum_up
from payouts.domain.rates import DiamondWorth, MicroDiamondsPerCoin, Rate, RateBook
from payouts.testing import REFUNDABLE_UNTIL, SENT_AT, a_gift, a_rate, a_slice, altered

BOOK = RateBook(
    [
        Rate(
            version=version,
            effective_from=datetime(2020 + version, 1, 1, tzinfo=UTC),
            micro_diamonds_per_coin=MicroDiamondsPerCoin(
                purchased=500_000 + version, bonus=333_333, earned=7, granted=0
            ),
            diamond_worth=DiamondWorth(currency="USD", micro_minor=500_000),
        )
        for version in (1, 2, 3)
    ]
)

moments = st.timedeltas(timedelta(0), timedelta(days=3_000)).map(
    lambda since: datetime(2021, 1, 1, tzinfo=UTC) + since
)
lot_slices = st.builds(
    LotSlice,
    lot_id=st.integers(1, 10),
    lot_class=st.sampled_from(["purchased", "bonus", "earned", "granted"]),
    coins=st.integers(1, 44_999_000),
    refundable_until=moments,
)


@st.composite
def gifts(draw: st.DrawFn) -> GiftSent:
    slices = tuple(draw(st.lists(lot_slices, min_size=1, max_size=5)))
    return GiftSent(
        gift_id=draw(st.uuids()),
        sender_id="viewer",
        creator_id=draw(st.sampled_from(["anna", "ben", "cleo"])),
        item_id="rose",
        count=1,
        price_coins=sum(part.coins for part in slices),
        catalogue_version=1,
        target_kind="room",
        target_id="r1",
        slices=slices,
        sent_at=draw(moments),
    )


def test_each_slice_earns_at_the_rate_of_its_class() -> None:
    """The class of a coin follows it to the diamond; each slice keeps its lot and its maturity."""
    gift = a_gift(
        slices=[
            a_slice(3, "granted", lot_id=1, refundable_until=SENT_AT - timedelta(days=1)),
            a_slice(5, "earned", lot_id=2, refundable_until=SENT_AT),
            a_slice(7, "bonus", lot_id=3, refundable_until=SENT_AT + timedelta(days=30)),
            a_slice(11, "purchased", lot_id=4, refundable_until=SENT_AT + timedelta(days=120)),
        ]
    )

    accrual = accrue(gift, RateBook([a_rate()]))

    assert accrual.slice_micro_diamonds == (150_000, 500_000, 1_750_000, 5_500_000)
    assert accrual.micro_diamonds == 7_900_000
    assert accrual.coins == 26
    assert accrual.slice_coins == (3, 5, 7, 11)
    assert accrual.lot_ids == (1, 2, 3, 4)
    assert accrual.lot_classes == ("granted", "earned", "bonus", "purchased")
    assert accrual.matures_on == (
        date(2026, 5, 10),
        date(2026, 5, 11),
        date(2026, 6, 10),
        date(2026, 9, 8),
    )


def test_rate_is_the_one_in_force_when_sent() -> None:
    book = RateBook([a_rate(1), a_rate(2, SENT_AT, purchased=400_000)])

    before = accrue(a_gift(sent_at=SENT_AT - timedelta(microseconds=1)), book)
    after = accrue(a_gift(sent_at=SENT_AT), book)

    assert (before.rate_version, before.micro_diamonds) == (1, 5_000_000)
    assert (after.rate_version, after.micro_diamonds) == (2, 4_000_000)


@given(gifts())
def test_slices_add_up_to_the_gift(gift: GiftSent) -> None:
    accrual = accrue(gift, BOOK)

    assert sum(accrual.slice_coins) == gift.price_coins == accrual.coins
    assert sum(accrual.slice_micro_diamonds) == accrual.micro_diamonds


@given(st.lists(gifts(), max_size=30))
def test_sums_hold_every_micro_diamond(sent: list[GiftSent]) -> None:
    """Creators and buckets are two ways to add the same gifts up: neither loses anything."""
    accruals = [accrue(gift, BOOK) for gift in sent]

    sums = sum_up(accruals)

    per_creator = Counter[str]()
    for (creator_id, _, _), amount in sums.buckets.items():
        per_creator[creator_id] += amount
    for creator in sums.creators.values():
        own = [accrual for accrual in accruals if accrual.creator_id == creator.creator_id]
        assert creator.gifts == len(own)
        assert creator.coins == sum(accrual.coins for accrual in own)
        assert creator.micro_diamonds == sum(accrual.micro_diamonds for accrual in own)
        assert creator.micro_diamonds == per_creator[creator.creator_id]
        assert creator.rate_version == max(accrual.rate_version for accrual in own)
    assert all(amount > 0 for amount in sums.buckets.values())


def test_the_same_gift_at_another_rate_tells_the_same() -> None:
    """What was told is the gift; what we made of it is ours."""
    gift = a_gift()

    first = accrue(gift, RateBook([a_rate()]))
    again = accrue(gift, RateBook([a_rate(purchased=400_000)]))

    assert first != again
    assert first.tells_the_same_as(again)


@pytest.mark.parametrize(
    "other",
    [
        {"gift_id": UUID(int=2)},
        {"creator_id": "other"},
        {"sent_at": SENT_AT + timedelta(microseconds=1)},
        {"slices": (a_slice(9), a_slice(1))},
        {"slices": (a_slice(10, lot_id=8),)},
        {"slices": (a_slice(10, "bonus"),)},
        {"slices": (a_slice(10, refundable_until=REFUNDABLE_UNTIL + timedelta(days=1)),)},
    ],
)
def test_another_gift_tells_something_else(other: dict[str, object]) -> None:
    book = RateBook([a_rate()])
    gift = a_gift(10, gift_id=UUID(int=1))

    first = accrue(gift, book)
    second = accrue(altered(gift, **other), book)

    assert not first.tells_the_same_as(second)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"price_coins": 11}, "slices add up to 10 coins, the price is 11"),
        ({"price_coins": 9}, "slices add up to 10 coins, the price is 9"),
        ({"slices": (), "price_coins": 1}, "slices add up to 0 coins"),
        ({"sent_at": SENT_AT.replace(tzinfo=None)}, "no offset from UTC"),
        ({"sent_at": datetime(2019, 12, 31, tzinfo=UTC)}, "no earning rate was in force"),
        ({"slices": (a_slice(10, lot_id=0),)}, "id that no lot can have"),
        ({"slices": (a_slice(10, lot_id=2**63),)}, "id that no lot can have"),
        (
            {"slices": (a_slice(10, refundable_until=SENT_AT.replace(tzinfo=None)),)},
            "no offset from UTC",
        ),
        (
            {"slices": (a_slice(10, refundable_until=datetime.max.replace(tzinfo=UTC)),)},
            "out of range",
        ),
        (
            {"slices": (a_slice(2**53 - 1),), "price_coins": 2**53 - 1},
            "more than a ledger holds",
        ),
    ],
)
def test_gift_that_cannot_be_true(other: dict[str, object], reason: str) -> None:
    """Each contradiction by itself is found, and named."""
    gift = altered(a_gift(10), **other)

    with pytest.raises(UnaccruableGiftError, match=reason):
        accrue(gift, RateBook([a_rate()]))
