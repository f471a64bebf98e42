"""Every refusal of the domain has a type in the schema, under the same code."""

from datetime import UTC, datetime
from enum import Enum

import pytest

from chassis.graphql import refusal_code
from gifts.domain import refusals
from gifts.domain.refusals import DomainError
from gifts.graphql.refusals import shown

ERRORS = [
    refusals.NotEligibleError(),
    refusals.SelfGiftError(),
    refusals.GiftsNotAcceptedError(),
    refusals.GiftItemUnavailableError(),
    refusals.InvalidCountError(),
    refusals.MessageTooLongError(max_length=30),
    refusals.PriceChangedError(price_coins=8),
    refusals.IdempotencyConflictError(),
    refusals.InsufficientCoinsError(needed_coins=7, balance_coins=3),
    refusals.SpendLimitReachedError(
        limit="creator_day",
        needed_coins=7,
        limit_coins=10,
        spent_coins=4,
        frees_up_at=datetime(2026, 9, 2, tzinfo=UTC),
    ),
]


def test_all_refusals_are_tried_here() -> None:
    assert {type(error) for error in ERRORS} == set(DomainError.__subclasses__())


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_code_and_facts_are_shown(error: DomainError) -> None:
    answer = shown(error)

    assert answer.code == error.code == refusal_code(type(answer))
    assert answer.message.endswith(".")
    for fact, value in vars(error).items():
        seen = getattr(answer, fact)
        assert (seen.value if isinstance(seen, Enum) else seen) == value
