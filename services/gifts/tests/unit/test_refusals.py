"""Every refusal of the domain has a type in the schema, under the same code."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

import pytest

from chassis.graphql import Refusal, refusal_code
from gifts.domain import refusals
from gifts.domain.refusals import DomainError
from gifts.graphql import battle_refusals, room_refusals
from gifts.graphql.mutations import undo_gift
from gifts.graphql.refusals import shown

HOSTS_ERRORS = [
    refusals.RoomUnknownError(),
    refusals.RoomAlreadyOpenError(open_room_id=UUID(int=7)),
    refusals.TitleTooLongError(max_length=100),
]
"""What only hosts are told."""
ERRORS = [
    refusals.RoomNotOpenError(),
    refusals.NotEligibleError(),
    refusals.SelfGiftError(),
    refusals.GiftsNotAcceptedError(),
    refusals.GifterBlockedError(),
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


BATTLE_ERRORS = [
    refusals.BattleUnknownError(),
    refusals.BattleInvitationExpiredError(),
    refusals.RoomInBattleError(),
    refusals.BattleNotRunningError(),
    refusals.PowerUpUsedUpError(used_max=3),
]
"""What only hosts in battles are told."""
OPERATORS_ERRORS = [refusals.GiftMessageUnknownError()]
"""What only operators are told, by the one mutation that can: its test shows the code."""


UNDO_ERRORS = [
    refusals.GiftUnknownError(),
    refusals.GiftNotChargedError(),
    refusals.GiftTakenBackError(),
    refusals.RegretOverError(ended_at=None),
]
"""What only who undoes a gift is told."""


def test_all_refusals_are_tried_here() -> None:
    listed = (*ERRORS, *HOSTS_ERRORS, *BATTLE_ERRORS, *OPERATORS_ERRORS, *UNDO_ERRORS)
    tried = {type(error) for error in listed}
    assert tried == set(DomainError.__subclasses__())


@pytest.mark.parametrize(
    ("error", "show"),
    [
        *((error, shown) for error in ERRORS),
        *(
            (error, room_refusals.shown)
            for error in (
                *HOSTS_ERRORS,
                refusals.RoomNotOpenError(),
                refusals.NotEligibleError(),
                refusals.GiftItemUnavailableError(),
                refusals.IdempotencyConflictError(),
            )
        ),
        *(
            (error, battle_refusals.shown)
            for error in (
                *BATTLE_ERRORS,
                refusals.RoomUnknownError(),
                refusals.RoomNotOpenError(),
                refusals.IdempotencyConflictError(),
            )
        ),
        *((error, undo_gift.shown) for error in UNDO_ERRORS),
    ],
    ids=lambda given: given.code if isinstance(given, DomainError) else given.__module__,
)
def test_code_and_facts_are_shown(
    error: DomainError, show: Callable[[DomainError], Refusal]
) -> None:
    answer = show(error)

    assert answer.code == error.code == refusal_code(type(answer))
    assert answer.message.endswith(".")
    for fact, value in vars(error).items():
        seen = getattr(answer, fact)
        assert (seen.value if isinstance(seen, Enum) else seen) == value
