"""Who may undo a gift, and until when."""

from datetime import timedelta

import msgspec
import pytest

from gifts.domain.gift import Gift, GiftStatus
from gifts.domain.refusals import (
    GiftNotChargedError,
    GiftTakenBackError,
    GiftUnknownError,
    RegretOverError,
)
from gifts.domain.regret import check_regret, undoable_until
from gifts.testing import NOW, a_new_gift

WINDOW = timedelta(seconds=5)
EDGE = timedelta(microseconds=1)


def a_gift(status: GiftStatus = "SENT") -> Gift:
    settled_at = None if status == "PENDING" else NOW
    return msgspec.structs.replace(a_new_gift().gift, status=status, settled_at=settled_at)


def test_the_window_counts_from_the_charge_to_the_microsecond() -> None:
    """Before its end, and no longer at it."""
    gift = a_gift()
    check_regret(gift, gift.sender_id, WINDOW, at=NOW + WINDOW - EDGE)
    assert undoable_until(gift, WINDOW, at=NOW + WINDOW - EDGE) == NOW + WINDOW

    with pytest.raises(RegretOverError) as refused:
        check_regret(gift, gift.sender_id, WINDOW, at=NOW + WINDOW)

    assert refused.value.ended_at == NOW + WINDOW
    assert undoable_until(gift, WINDOW, at=NOW + WINDOW) is None


def test_a_gift_that_is_being_charged_may_be_undone_however_long_that_takes() -> None:
    gift = a_gift("PENDING")
    check_regret(gift, gift.sender_id, WINDOW, at=NOW + timedelta(days=1))
    assert undoable_until(gift, WINDOW, at=NOW) is None


@pytest.mark.parametrize("status", ["PENDING", "SENT"])
def test_no_window_lets_nobody(status: GiftStatus) -> None:
    gift = a_gift(status)
    with pytest.raises(RegretOverError) as refused:
        check_regret(gift, gift.sender_id, timedelta(0), at=NOW)
    assert refused.value.ended_at is None


def test_others_are_told_that_there_is_no_such_gift() -> None:
    """Nor is who got it told anything else."""
    gift = a_gift("REFUSED")
    for gift_or_none, who in ((None, "ann"), (gift, gift.creator_id), (gift, "stranger")):
        with pytest.raises(GiftUnknownError):
            check_regret(gift_or_none, who, WINDOW, at=NOW)


def test_what_is_over_is_not_undone() -> None:
    for status, error in (("REFUSED", GiftNotChargedError), ("REVERSED", GiftTakenBackError)):
        gift = a_gift(status)  # pyright: ignore[reportArgumentType]
        with pytest.raises(error):
            check_regret(gift, gift.sender_id, WINDOW, at=NOW)
