"""Legs change gifts once, all of an event or none, whatever is told and in whatever order."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.gift import GiftStatus
from gifts.domain.reversal import Books, Correction, ImpossibleLegError, Leg, Standing, corrections

AT = datetime(2026, 5, 11, tzinfo=UTC)
REVERSAL, REINSTATEMENT = UUID(int=1), UUID(int=2)
GIFT, OTHER = UUID(int=7), UUID(int=8)


def a_leg(coins: int = 5, *, position: int = 0, cause: UUID = REVERSAL, gift: UUID = GIFT) -> Leg:
    return Leg(REVERSAL, position, cause, gift, "star", 3, coins, "refund", AT)


def a_standing(
    gift: UUID = GIFT, *, status: GiftStatus = "SENT", price: int = 9, reversed_coins: int = 0
) -> Standing:
    return Standing(gift, "star", status, price, reversed_coins)


def test_known_legs_have_no_second_effect() -> None:
    """Neither within what is told now, nor of what was booked before."""
    books = Books([a_standing(reversed_coins=4)], [a_leg(4)])

    assert books.add([a_leg(4), a_leg(5, position=1)]).booked == [a_leg(5, position=1)]
    assert books.add([a_leg(5, position=1)]) == ([], [])


def test_an_event_is_booked_whole_or_not_at_all() -> None:
    """Its last leg is too much: the first has not been added either."""
    books = Books([a_standing(), a_standing(OTHER)], [])

    with pytest.raises(ImpossibleLegError, match="more would be taken back"):
        books.add([a_leg(9, position=1, gift=OTHER), a_leg(6), a_leg(4, position=2)])

    assert len(books.add([a_leg(9, position=1, gift=OTHER)]).booked) == 1


@pytest.mark.parametrize(
    "leg",
    [
        a_leg(gift=OTHER),
        a_leg()._replace(creator_id="moon"),
        a_leg(10),
        a_leg(1, cause=REINSTATEMENT),
        a_leg(4)._replace(position=5),
    ],
    ids=["unknown gift", "other creator", "more than it cost", "never taken", "told differently"],
)
def test_what_cannot_be_true_is_named(leg: Leg) -> None:
    books = Books([a_standing(reversed_coins=1)], [a_leg(1)._replace(position=5)])

    with pytest.raises(ImpossibleLegError):
        books.add([leg])


def test_a_refused_gift_is_never_taken_back() -> None:
    with pytest.raises(ImpossibleLegError, match="never sent"):
        Books([a_standing(status="REFUSED")], []).add([a_leg()])


def test_what_is_pending_waits_and_what_follows_waits_behind_it() -> None:
    books = Books([a_standing(status="PENDING")], [])

    assert books.add([a_leg()]) == ([], [a_leg()])
    back = a_leg(5, cause=REINSTATEMENT)
    assert books.add([back]) == ([], [back])
    with pytest.raises(ImpossibleLegError, match="given back"):
        books.add([a_leg(1, cause=UUID(int=3))])


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.sampled_from([GIFT, OTHER]))))
def test_totals_follow_from_what_is_left(steps: list[tuple[int, bool, UUID]]) -> None:
    """Whatever is taken and given back, coins and gifts are those that are not taken back."""
    books = Books([a_standing(), a_standing(OTHER, price=12)], [])
    prices = {GIFT: 9, OTHER: 12}
    left, legs = dict(prices), list[Leg]()
    for position, (coins, back, gift) in enumerate(steps):
        earlier = next((leg for leg in legs if leg.gift_id == gift and not leg.gives_back), None)
        if back and earlier is not None:
            leg = earlier._replace(cause_id=UUID(int=100 + position), coins=coins)
        else:
            leg = a_leg(coins, position=position, gift=gift)
        try:
            legs += books.add([leg]).booked
        except ImpossibleLegError:
            continue
        left[gift] -= leg.taken_coins

    found = corrections([a_standing(), a_standing(OTHER, price=12)], legs)

    assert all(0 <= left[gift] <= prices[gift] for gift in prices)
    assert found["star"] == Correction(
        sum(left.values()) - sum(prices.values()), sum(map(bool, left.values())) - len(prices)
    )
    by_leg = Counter[int]()
    for leg in legs:
        by_leg[leg.position] += leg.taken_coins
    assert all(coins >= 0 for coins in by_leg.values())
