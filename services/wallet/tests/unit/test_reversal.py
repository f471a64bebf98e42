"""The waterfall: who bears what, in order, up to their limits."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.lots import Lot
from wallet.domain.reversal import (
    Leg,
    LotStanding,
    Payer,
    Plan,
    Use,
    coins_wanted,
    depends_on_uses,
    plan_legs,
)
from wallet.domain.reversal_policy import WaterfallLeg

AT = datetime(2026, 9, 1, tzinfo=UTC)
LOT = Lot(7, "purchased", AT + timedelta(days=14), None)
FIRST, SECOND = UUID(int=1), UUID(int=2)
ALL = (
    WaterfallLeg("unspent"),
    WaterfallLeg("payer_debt", 10),
    WaterfallLeg("creator_unmatured"),
    WaterfallLeg("reserve", 5),
    WaterfallLeg("platform_loss"),
)


def a_standing(**changes: object) -> LotStanding:
    """100 coins: 20 left, 30 on the first gift, 50 on the second."""
    standing = LotStanding(
        lot=LOT,
        coins=100,
        left_coins=20,
        expired_coins=0,
        repaid_coins=0,
        reversed_coins=0,
        uses=(Use(SECOND, "moon", 50), Use(FIRST, "star", 30)),
    )
    return msgspec.structs.replace(standing, **changes)


def plan(coins: int, standing: LotStanding, *, debt_coins: int = 0, days: int = 0) -> list[Leg]:
    return plan_legs(
        {7: coins},
        [standing],
        ALL,
        Payer(user_id="ann", debt_coins=debt_coins),
        at=AT + timedelta(days=days),
    )


def test_each_bears_up_to_its_limit_in_turn() -> None:
    """The latest gift first: its creator has had the coins for the shortest time."""
    assert plan(85, a_standing()) == [
        Leg("unspent", 20, 7, "ann"),
        Leg("payer_debt", 10, 7, "ann"),
        Leg("creator_unmatured", 50, 7, "moon", SECOND),
        Leg("creator_unmatured", 5, 7, "star", FIRST),
    ]


def test_what_is_owed_already_counts_towards_the_limit() -> None:
    legs = plan(30, a_standing(), debt_coins=8)

    assert [(leg.kind, leg.coins) for leg in legs] == [
        ("unspent", 20),
        ("payer_debt", 2),
        ("creator_unmatured", 8),
    ]


def test_what_has_matured_is_the_creators() -> None:
    """From the moment on at which the payment was past taking back."""
    legs = plan(100, a_standing(), days=14)

    assert [(leg.kind, leg.coins) for leg in legs] == [
        ("unspent", 20),
        ("payer_debt", 10),
        ("reserve", 5),
        ("platform_loss", 65),
    ]


def test_expired_and_repaid_coins_go_before_anybody_loses() -> None:
    legs = plan(60, a_standing(left_coins=0, expired_coins=15, repaid_coins=40, uses=()))

    assert [(leg.kind, leg.coins) for leg in legs] == [
        ("expired", 15),
        ("repaid", 40),
        ("payer_debt", 5),
    ]


@given(
    coins=st.integers(0, 100),
    left=st.integers(0, 20),
    debt=st.integers(0, 20),
    days=st.integers(0, 20),
)
def test_legs_come_to_what_is_wanted(coins: int, left: int, debt: int, days: int) -> None:
    """Nobody bears more than they can, nor nothing at all."""
    legs = plan(coins, a_standing(left_coins=left), debt_coins=debt, days=days)

    assert sum(leg.coins for leg in legs) == coins
    assert all(leg.coins > 0 for leg in legs)
    assert sum(leg.coins for leg in legs if leg.kind == "payer_debt") <= max(10 - debt, 0)
    for use in a_standing().uses:
        assert sum(leg.coins for leg in legs if leg.charge_id == use.charge_id) <= use.coins


@given(
    st.integers(1, 100),
    st.integers(0, 20),
    st.integers(0, 13),
    st.permutations(ALL[:-1]),
)
def test_uses_are_asked_for_where_they_change_who_bears(
    coins: int, debt: int, days: int, steps: list[WaterfallLeg]
) -> None:
    """In whatever order the policy puts those who bear."""
    waterfall = [*steps, ALL[-1]]
    payer = Payer(user_id="ann", debt_coins=debt)
    at = AT + timedelta(days=days)
    standing = a_standing()
    without, legs = [
        plan_legs({7: coins}, [each], waterfall, payer, at=at)
        for each in (msgspec.structs.replace(standing, uses=()), standing)
    ]

    assert depends_on_uses(without, waterfall) == (legs != without)


@given(st.lists(st.integers(1, 40), max_size=5), st.integers(1, 99))
def test_parts_of_a_payment_take_all_coins_in_the_end(parts: list[int], coins: int) -> None:
    """Each rounds down, the last takes what is left, and none takes back and forth."""
    paid = max(sum(parts), 1)
    standing = a_standing(coins=coins, reversed_coins=0)
    booked = 0
    for part in parts:
        booked += part
        wanted = coins_wanted([standing], booked, paid)[7]
        assert wanted >= 0
        standing = msgspec.structs.replace(
            standing, reversed_coins=standing.reversed_coins + wanted
        )
    assert standing.reversed_coins == (coins if parts else 0)


def test_a_digest_tells_plans_apart() -> None:
    legs = plan(85, a_standing())
    same = Plan(amount_minor=5, policy_version=1, legs=legs)

    assert Plan(amount_minor=5, policy_version=1, legs=list(legs)).digest == same.digest
    assert Plan(amount_minor=5, policy_version=2, legs=legs).digest != same.digest
    assert Plan(amount_minor=5, policy_version=1, legs=legs[1:]).digest != same.digest
