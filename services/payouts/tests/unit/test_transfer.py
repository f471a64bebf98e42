"""What a payout becomes by what its rail tells, and the key by which both know it."""

from itertools import pairwise, product
from typing import get_args

import pytest

from chassis.ids import uuid7
from payouts.domain.payout import MOVES, PayoutStatus
from payouts.domain.transfer import TransferStatus, path, payout_id_of, transfer_key


@pytest.mark.parametrize(
    ("payout", "transfer"), [*product(PayoutStatus, get_args(TransferStatus.__value__))]
)
def test_rails_move_payouts_by_allowed_moves_only(
    payout: PayoutStatus, transfer: TransferStatus
) -> None:
    """Whatever is told and however late; what was canceled or never sent is not moved at all."""
    moves = path(payout, transfer)

    assert all(after in MOVES[before] for before, after in pairwise((payout, *moves)))
    if payout not in (PayoutStatus.SUBMITTED, PayoutStatus.PAID):
        assert moves == ()


def test_a_failure_told_after_it_was_paid_changes_nothing() -> None:
    """Money that arrived and comes back is returned; a rail has no other word for it."""
    assert path(PayoutStatus.PAID, "failed") == ()
    assert path(PayoutStatus.PAID, "paid") == ()


def test_a_key_is_a_payouts_in_one_spelling() -> None:
    payout_id = uuid7()

    assert payout_id_of(transfer_key(payout_id)) == payout_id
    for other in (
        str(payout_id),
        f"payout-{str(payout_id).upper()}",
        f"payout-{payout_id.hex}",
        f"payout-payout-{payout_id}",
        "payout-",
        "",
    ):
        assert payout_id_of(other) is None
