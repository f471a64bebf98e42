"""A minor refund's share: of each gift its part, and of each payment what belongs to that."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.lots import Lot
from wallet.domain.minor_refund import (
    GiftsOfPurchase,
    MinorRefundOrder,
    NothingToRefundError,
    RefundTermsInvalidError,
    amount_of,
    check_order,
    plan_minor_refund,
    share_of,
    uses_in_range,
)
from wallet.domain.reversal import LotStanding, Use, coins_wanted
from wallet.domain.reversal_policy import KINDS, ReversalPolicy, WaterfallLeg
from wallet.testing.buying import a_purchase

AT = datetime(2026, 9, 1, tzinfo=UTC)
SAFE_AT = AT + timedelta(days=14)
POLICY = ReversalPolicy(
    1,
    AT,
    1_000_000,
    dict.fromkeys(
        KINDS,
        (
            WaterfallLeg("unspent"),
            WaterfallLeg("creator_unmatured"),
            WaterfallLeg("reserve", 5),
            WaterfallLeg("platform_loss"),
        ),
    ),
)
ORDER = MinorRefundOrder("ann", AT, AT + timedelta(days=30), 3_000)


def a_lot(lot_id: int, coins: int, *gifts: int, reversed_coins: int = 0) -> LotStanding:
    """A lot that paid these gifts, the latest first; what is not given is in the wallet."""
    return LotStanding(
        lot=Lot(lot_id, "purchased", SAFE_AT, None),
        coins=coins,
        left_coins=coins - sum(gifts) - reversed_coins,
        expired_coins=0,
        repaid_coins=0,
        reversed_coins=reversed_coins,
        uses=[Use(UUID(int=100 * lot_id + n), f"star-{n}", each) for n, each in enumerate(gifts)],
    )


def bought(
    *lots: LotStanding, amount_minor: int = 100, booked_minor: int = 0, number: int = 1
) -> GiftsOfPurchase:
    purchase = a_purchase(purchase_id=UUID(int=number), amount_minor=amount_minor)
    return GiftsOfPurchase(purchase, lots, booked_minor)


AMOUNTS = st.lists(st.integers(0, 5_000), max_size=30)
SHARES = st.integers(1, 10_000)


@given(AMOUNTS, SHARES)
def test_shares_come_to_the_share_of_all(amounts: list[int], share_bps: int) -> None:
    """Rounded down once; and none is a coin or more off its own."""
    shares = share_of(amounts, share_bps)

    assert sum(shares) == sum(amounts) * share_bps // 10_000
    for amount, share in zip(amounts, shares, strict=True):
        assert abs(share * 10_000 - amount * share_bps) < 10_000
        assert 0 <= share <= amount


@given(AMOUNTS, SHARES, st.integers(1, 500))
def test_more_is_never_a_smaller_share(amounts: list[int], share_bps: int, more: int) -> None:
    """Of the whole, too: a larger share takes no less in all."""
    assert sum(share_of(amounts, share_bps)) <= sum(
        share_of(amounts, min(share_bps + more, 10_000))
    )
    assert share_of(amounts, 10_000) == amounts


def test_the_largest_remainder_gets_what_rounding_left() -> None:
    """30 % of 12, 11 and 9 is 9.6: of 3.6, 3.3 and 2.7 the last one is nearest to the next."""
    assert share_of([12, 11, 9], 3_000) == [3, 3, 3]
    assert share_of([5, 5, 5], 3_000) == [2, 1, 1]


@given(
    st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=6), min_size=1, max_size=4),
    SHARES,
    st.integers(0, 20),
)
def test_each_gift_loses_its_share_whoever_bears_it(
    gifts: list[list[int]], share_bps: int, days: int
) -> None:
    """Creators before the payment is safe, then the reserve and the platform; nobody else."""
    histories = [
        bought(a_lot(number, sum(each) + 3, *each), number=number)
        for number, each in enumerate(gifts, start=1)
    ]

    plan = plan_minor_refund(histories, share_bps, POLICY, at=AT + timedelta(days=days))

    flat = [use for each in histories for lot in each.standings for use in lot.uses]
    wanted = dict(
        zip(
            [use.charge_id for use in flat],
            share_of([use.coins for use in flat], share_bps),
            strict=True,
        )
    )
    legs = [leg for part in plan.parts for leg in part.plan.legs]
    lost = dict.fromkeys(wanted, 0)
    for leg in legs:
        assert leg.charge_id is not None
        lost[leg.charge_id] += leg.coins
    assert lost == wanted
    assert plan.coins == sum(use.coins for use in flat) * share_bps // 10_000
    bearers = {"creator_unmatured"} if days < 14 else {"reserve", "platform_loss"}
    assert {leg.kind for leg in legs} <= bearers
    for part in plan.parts:
        assert sum(leg.coins for leg in part.plan.legs if leg.kind == "reserve") <= 5
        assert 1 <= part.plan.amount_minor <= 100


@given(
    coins=st.integers(1, 400),
    bonus=st.integers(0, 100),
    amount_minor=st.integers(1, 900),
    parts=st.lists(st.integers(1, 90), min_size=1, max_size=8),
)
def test_money_of_all_coins_is_the_payment_and_never_more(
    coins: int, bonus: int, amount_minor: int, parts: list[int]
) -> None:
    """In any number of refunds: what rounding kept back comes with a later one."""
    booked_minor = 0
    lots = [a_lot(1, coins, coins)]
    if bonus:
        lots.append(a_lot(2, bonus, bonus))
    left = sum(lot.coins for lot in lots)
    for wanted in [*parts, coins + bonus]:
        take = min(wanted, left)
        gifts = bought(*lots, amount_minor=amount_minor, booked_minor=booked_minor)
        if not take or not gifts.left_minor:
            break
        booked_minor += amount_of(gifts, take)
        left -= take
        first = min(take, lots[0].coins - lots[0].reversed_coins)
        for place, more in enumerate([first, take - first][: len(lots)]):
            reversed_coins = lots[place].reversed_coins + more
            lots[place] = msgspec.structs.replace(lots[place], reversed_coins=reversed_coins)
        taken_coins = sum(lot.reversed_coins for lot in lots)
        exact = amount_minor * taken_coins
        # At least a minor unit each time; else the part of the price, rounded down.
        assert booked_minor <= amount_minor
        assert booked_minor * (coins + bonus) + (coins + bonus) > exact
    if not left:
        assert booked_minor == amount_minor


def test_bonus_coins_are_worth_what_bought_ones_are() -> None:
    """As where money is given and coins follow: 710 coins for 8.89, whichever of them."""
    both = [a_lot(1, 700, 71), a_lot(2, 10)]
    gifts = bought(*both, amount_minor=889)

    assert amount_of(gifts, 71) == 889 * 71 // 710 == 88
    assert sum(coins_wanted(both, 88, 889).values()) == 69


def test_a_payment_of_which_nothing_is_left_has_no_part() -> None:
    """Its coins do not count towards the share either."""
    gone = bought(a_lot(1, 100, 100), booked_minor=100)
    here = bought(a_lot(2, 100, 100), number=2)

    plan = plan_minor_refund([gone, here], 5_000, POLICY, at=AT)

    assert [(part.purchase_id.int, part.plan.coins) for part in plan.parts] == [(2, 50)]


def test_coins_borne_without_a_gift_are_of_the_earliest() -> None:
    """The payer owes 40 coins of 100: they were those of the first gift."""
    lot = a_lot(1, 100, 50, 50)
    lot = msgspec.structs.replace(lot, left_coins=0, reversed_coins=40)
    late, early = lot.uses

    def left(use: Use) -> list[int]:
        return [each.coins for each in uses_in_range(lot, frozenset([use.charge_id])).uses]

    assert left(late) == [50]
    assert left(early) == [10]


def test_a_part_refund_afterwards_spares_what_single_gifts_gave() -> None:
    """More of one lot than its share is gone: the other does not lose it a second time."""
    lots = [a_lot(1, 100, reversed_coins=100), a_lot(2, 100)]

    assert coins_wanted(lots, 60, 100) == {1: 0, 2: 20}
    assert coins_wanted(lots, 100, 100) == {1: 0, 2: 100}


def test_a_digest_tells_plans_apart() -> None:
    gifts = [bought(a_lot(1, 100, 100)), bought(a_lot(2, 100, 100), number=2)]
    plan = plan_minor_refund(gifts, 5_000, POLICY, at=AT)

    assert plan_minor_refund(gifts, 5_000, POLICY, at=AT).digest == plan.digest
    assert plan_minor_refund(gifts, 5_100, POLICY, at=AT).digest != plan.digest
    assert plan_minor_refund(gifts[:1], 5_000, POLICY, at=AT).digest != plan.digest


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"range_to": AT}, "swap its ends"),
        ({"range_to": AT - timedelta(days=1)}, "swap its ends"),
        ({"range_to": AT + timedelta(days=366, microseconds=1)}, "in parts"),
        ({"share_bps": 0}, "1 to 10000"),
        ({"share_bps": -1}, "1 to 10000"),
        ({"share_bps": 10_001}, "1 to 10000"),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_terms_that_make_no_sense(changes: dict[str, object], reason: str) -> None:
    """And what to ask for instead."""
    check_order(ORDER)
    check_order(ORDER._replace(range_to=AT + timedelta(days=366), share_bps=1))
    with pytest.raises(RefundTermsInvalidError, match=reason):
        check_order(ORDER._replace(**changes))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("user_id", ["", "a b", "x" * 65, "a\0b"], ids=ascii)
def test_who_cannot_be_has_spent_nothing(user_id: str) -> None:
    with pytest.raises(NothingToRefundError):
        check_order(ORDER._replace(user_id=user_id))
