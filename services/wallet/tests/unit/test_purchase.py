"""Who may buy, and which payment is whose."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from wallet.domain.purchase import (
    NotEligibleError,
    PaymentEvent,
    PurchaseOrder,
    check_buyer,
    purchase_id_of,
)
from wallet.testing.buying import a_purchase

ID = UUID("0199e4ad-1c2b-7000-8000-00000000000a")


@pytest.mark.parametrize("account_kind", [None, "business"])
def test_people_of_age_may_buy(account_kind: str | None) -> None:
    check_buyer(age_verified=True, account_kind=account_kind)


@pytest.mark.parametrize(
    ("age_verified", "account_kind"),
    [(False, None), (True, "government"), (True, "politician"), (True, "party")],
)
def test_who_may_not_give_does_not_buy(age_verified: bool, account_kind: str | None) -> None:
    with pytest.raises(NotEligibleError):
        check_buyer(age_verified=age_verified, account_kind=account_kind)


@pytest.mark.parametrize(
    "reference",
    [None, "", "x", str(ID).upper(), ID.hex, f"{{{ID}}}", f"urn:uuid:{ID}", f" {ID}", f"{ID}\n"],
)
def test_reference_that_we_did_not_write_is_none_of_ours(reference: str | None) -> None:
    assert purchase_id_of(reference) is None


def test_reference_is_the_purchase_id() -> None:
    assert purchase_id_of(str(ID)) == ID


@pytest.mark.parametrize(
    ("payment_id", "known_payment_id", "amount_minor", "currency", "fits"),
    [
        ("pay_1", None, 889, "USD", True),
        ("pay_1", "pay_1", 889, "USD", True),
        ("pay_2", "pay_1", 889, "USD", False),
        ("pay_1", None, 888, "USD", False),
        ("pay_1", None, 889, "EUR", False),
        ("pay_1", None, None, None, False),
    ],
)
def test_payment_fits_to_the_last_minor_unit(
    payment_id: str,
    known_payment_id: str | None,
    amount_minor: int | None,
    currency: str | None,
    fits: bool,
) -> None:
    event = PaymentEvent("e", "t", "succeeded", payment_id, str(ID), amount_minor, currency)

    assert a_purchase(payment_id=known_payment_id).is_paid_by(event) is fits


def test_retry_asks_the_same_wherever_it_comes_from() -> None:
    """A traveller's region may change in between."""
    purchase = a_purchase()
    order = PurchaseOrder(purchase.purchase_id, "ann", "us-700", "sandbox", "US")

    assert purchase.asks_the_same(order)
    assert purchase.asks_the_same(order._replace(region="DE"))
    for other in ({"user_id": "bob"}, {"bundle_id": "us-70"}, {"provider": "other"}):
        assert not purchase.asks_the_same(order._replace(**other))


def test_times_count_from_the_payment() -> None:
    paid_at = datetime(2026, 9, 3, tzinfo=UTC)

    assert a_purchase().refundable_until(paid_at) == paid_at + timedelta(days=14)
    assert a_purchase().bonus_expires_at(paid_at) == paid_at + timedelta(days=90)
    assert a_purchase(bonus_expires_after_days=None).bonus_expires_at(paid_at) is None


def test_payment_that_can_be_taken_back_is_so_for_whole_days() -> None:
    purchase = a_purchase(refund_window_days=14)
    paid_at = datetime(2026, 9, 1, 15, 30, tzinfo=UTC)

    assert purchase.refundable_until(paid_at) == datetime(2026, 9, 15, 15, 30, tzinfo=UTC)


def test_payment_that_cannot_be_taken_back_was_safe_all_day() -> None:
    """So that what it pays for can be paid out today, wherever it was bought."""
    purchase = a_purchase(refund_window_days=0)
    paid_at = datetime(2026, 9, 2, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert purchase.refundable_until(paid_at) == datetime(2026, 9, 1, tzinfo=UTC)
