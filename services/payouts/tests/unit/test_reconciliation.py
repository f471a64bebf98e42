"""Each way in which two sets of books differ is named for what it is, and nothing else is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.ids import uuid7
from payouts.domain.payout import PayoutStatus
from payouts.domain.reconciliation import BreakKind, Found, Ours, Repair, Theirs, compare
from payouts.domain.transfer import TransferStatus, transfer_key

REPORTED_AT = datetime(2026, 11, 27, tzinfo=UTC)
PAYOUT_ID = uuid7()
KEY = transfer_key(PAYOUT_ID)


def ours(status: str = "PAID", **changes: Any) -> Ours:
    payout = Ours(PAYOUT_ID, PayoutStatus(status), 965, "USD", REPORTED_AT - timedelta(minutes=1))
    return payout._replace(**changes)


def theirs(status: TransferStatus = "paid", **changes: Any) -> Theirs:
    return Theirs(KEY, status, 965, "USD")._replace(**changes)


def found(our: list[Ours], their: list[Theirs]) -> list[tuple[BreakKind, Repair | None]]:
    differences: list[Found] = compare(our, their, reported_at=REPORTED_AT)
    return [(each.kind, each.repair) for each in differences]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("SUBMITTED", "pending"),
        ("PAID", "paid"),
        ("FAILED", "failed"),
        ("RETURNED", "returned"),
        # The report is a moment older than our books.
        ("PAID", "pending"),
        ("FAILED", "pending"),
        ("RETURNED", "paid"),
    ],
)
def test_books_that_agree(status: str, said: TransferStatus) -> None:
    assert found([ours(status)], [theirs(said)]) == []


@pytest.mark.parametrize(
    ("status", "said", "repair"),
    [
        ("SUBMITTED", "paid", Repair.TAKE_STATUS),
        ("SUBMITTED", "failed", Repair.TAKE_STATUS),
        ("SUBMITTED", "returned", Repair.TAKE_STATUS),
        ("PAID", "returned", Repair.TAKE_STATUS),
        ("PAID", "failed", None),
        ("FAILED", "paid", None),
        ("FAILED", "returned", None),
    ],
)
def test_another_status(status: str, said: TransferStatus, repair: Repair | None) -> None:
    """Mended where we are behind; where the two contradict each other, by people."""
    assert found([ours(status)], [theirs(said)]) == [(BreakKind.STATUS, repair)]


@pytest.mark.parametrize("change", [{"amount_minor": 966}, {"currency": "JPY"}])
def test_another_amount(change: dict[str, Any]) -> None:
    """Nothing is taken from a line that is of something else."""
    assert found([ours()], [theirs(**change)]) == [(BreakKind.AMOUNT, None)]
    assert found([ours("SUBMITTED")], [theirs(**change)]) == [
        (BreakKind.AMOUNT, None),
        (BreakKind.STATUS, None),
    ]


def test_twice() -> None:
    assert found([ours()], [theirs(), theirs()]) == [(BreakKind.DUPLICATE, None)]


@pytest.mark.parametrize("key", ["payout-nonsense", "payout-019b76da-a800-7000-8000-0000000000ff"])
def test_what_we_never_ordered(key: str) -> None:
    assert found([ours()], [theirs(), theirs(key=key)]) == [(BreakKind.UNKNOWN, None)]


@pytest.mark.parametrize(
    ("status", "repair"),
    [("SUBMITTED", Repair.ORDER_AGAIN), ("PAID", None), ("RETURNED", None)],
)
def test_lost(status: str, repair: Repair | None) -> None:
    """Ordered again only where nothing says that it was paid."""
    assert found([ours(status)], []) == [(BreakKind.MISSING, repair)]


@pytest.mark.parametrize("accepted_at", [None, REPORTED_AT, REPORTED_AT + timedelta(seconds=1)])
def test_not_there_yet_is_not_lost(accepted_at: datetime | None) -> None:
    assert found([ours("SUBMITTED", accepted_at=accepted_at)], []) == []
