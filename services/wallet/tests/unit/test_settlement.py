"""Every coin that creators were asked for is borne by somebody, and goes back to them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.reversal_policy import KINDS, ReversalPolicy, WaterfallLeg
from wallet.domain.settlement import (
    Answer,
    Asked,
    Settlement,
    contradiction,
    reserve_left,
    settle,
    transfers_of,
)
from wallet.testing.buying import ORDERED_AT

REVERSAL, REINSTATEMENT = UUID(int=1), UUID(int=2)
COINS = st.integers(0, 50)


def an_answer(covered: int, uncovered: int, cause: UUID = REVERSAL) -> Answer:
    return Answer(REVERSAL, 0, cause, "star", covered, uncovered)


@given(COINS, COINS, COINS, COINS)
def test_what_was_borne_is_given_back_to_the_same(
    covered: int, uncovered: int, left: int, back: int
) -> None:
    """The platform before the reserve; in two steps nothing is lost between them."""
    taken = settle(an_answer(covered, uncovered), reserve_left=left, taken=None)
    part = min(back, uncovered)
    first = settle(an_answer(0, part, REINSTATEMENT), reserve_left=0, taken=taken)
    rest = Settlement(*(a - b for a, b in zip(taken, first, strict=True)))
    second = settle(an_answer(covered, uncovered - part, UUID(int=3)), reserve_left=0, taken=rest)

    assert sum(taken) == covered + uncovered
    assert taken.reserve_coins <= left
    assert second == rest
    assert first.reserve_coins == 0 or first.loss_coins == taken.loss_coins


@pytest.mark.parametrize(
    ("answer", "asked", "is_possible"),
    [
        (an_answer(3, 2), Asked("star", 5), True),
        (an_answer(3, 3), Asked("star", 5), False),
        (an_answer(3, 2), Asked("moon", 5), False),
        (an_answer(3, 2), None, False),
    ],
)
def test_answers_fit_what_was_asked(answer: Answer, asked: Asked | None, is_possible: bool) -> None:
    assert (contradiction(answer, asked) is None) == is_possible


def test_transfers_clear_the_claim() -> None:
    settlement = Settlement(3, 0, 2)

    taken = transfers_of(settlement, gives_back=False)
    back = transfers_of(settlement, gives_back=True)

    assert taken == [("gift_clearing", "creator_claim", 3), ("platform_loss", "creator_claim", 2)]
    assert back == [(credit, debit, coins) for debit, credit, coins in taken]


@pytest.mark.parametrize(
    ("legs", "borne", "left"),
    [((WaterfallLeg("reserve", 9),), 4, 5), ((WaterfallLeg("reserve", 9),), 11, 0), ((), 0, 0)],
)
def test_reserve_bears_up_to_its_limit(
    legs: tuple[WaterfallLeg, ...], borne: int, left: int
) -> None:
    policy = ReversalPolicy(1, ORDERED_AT, 9, dict.fromkeys(KINDS, legs))

    assert reserve_left(policy, "refund", borne) == left
