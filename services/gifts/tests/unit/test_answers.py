"""Which answers of the wallet came again, and which cannot be true."""

from typing import Any

import msgspec
import pytest

from gifts.consumers.charge_answered import contradiction
from gifts.domain.gift import Gift, GiftStatus
from gifts.testing import a_new_gift, posted, refused


def a_gift(status: GiftStatus, **changes: object) -> Gift:
    return msgspec.structs.replace(a_new_gift().gift, status=status, **changes)


def test_repeated_answers_are_expected() -> None:
    sent, turned_down = a_gift("SENT"), a_gift("REFUSED")

    assert contradiction(posted(sent), sent) is None
    assert contradiction(posted(sent), a_gift("REVERSED", gift_id=sent.gift_id)) is None
    assert contradiction(refused(turned_down), turned_down) is None


@pytest.mark.parametrize("status", ["SENT", "REFUSED"])
def test_conflict_changes_nothing_for_a_settled_gift(status: GiftStatus) -> None:
    """The wallet answers so when the gift's id comes to it again with other terms."""
    gift = a_gift(status)

    assert contradiction(refused(gift, reason="charge_conflict"), gift) is None


@pytest.mark.parametrize(
    ("status", "changes", "reason"),
    [
        ("REFUSED", {}, "charged, but the gift is REFUSED"),
        ("SENT", {"coins": 8}, "8 coins were taken for a gift of 7"),
        ("PENDING", {"coins": 8}, "8 coins were taken for a gift of 7"),
        ("PENDING", {"order_key": "moon"}, "the gift is not for moon"),
        ("SENT", {"order_key": "moon"}, "the gift is not for moon"),
    ],
)
def test_charge_that_does_not_fit(status: GiftStatus, changes: dict[str, Any], reason: str) -> None:
    gift = a_gift(status)

    assert contradiction(posted(gift, **changes), gift) == reason


def test_refusal_of_what_was_charged() -> None:
    gift = a_gift("SENT")

    assert contradiction(refused(gift), gift) == (
        "refused for insufficient_coins, but the gift is SENT"
    )
