"""Lots are spent in the declared order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.lots import Lot, LotClass, place, spending_order

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def lot(lot_id: int, lot_class: LotClass = "purchased", expires_in_days: int | None = None) -> Lot:
    expires_at = None if expires_in_days is None else NOW + timedelta(days=expires_in_days)
    return Lot(lot_id, lot_class, NOW, expires_at)


@pytest.mark.parametrize(
    ("sooner", "later"),
    [
        (lot(9, "purchased", 30), lot(1, "earned")),
        (lot(9, "purchased", 1), lot(1, "earned", 2)),
        (lot(9, "earned"), lot(1, "bonus")),
        (lot(9, "bonus"), lot(1, "granted")),
        (lot(9, "granted"), lot(1, "purchased")),
        (lot(1), lot(2)),
    ],
    ids=["expiring first", "sooner first", "earned", "bonus", "granted", "first in first out"],
)
def test_declared_order(sooner: Lot, later: Lot) -> None:
    assert spending_order(sooner) < spending_order(later)


LOTS = st.builds(
    lot,
    st.integers(1, 1_000),
    st.sampled_from(["purchased", "bonus", "earned", "granted"]),
    st.none() | st.integers(1, 5),
)


@given(st.lists(LOTS, unique_by=lambda each: each.lot_id), LOTS)
def test_a_new_lot_keeps_the_order(open_lots: list[Lot], new: Lot) -> None:
    """Putting a lot where `place` says is the same as sorting all of them."""
    ordered = sorted(open_lots, key=spending_order)

    index = place(ordered, new)

    joined = [*ordered[:index], new, *ordered[index:]]
    assert [spending_order(each) for each in joined] == sorted(
        spending_order(each) for each in joined
    )
