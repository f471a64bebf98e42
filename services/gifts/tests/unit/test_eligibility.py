"""Who may send and receive gifts (C07)."""

import pytest

from gifts.domain.eligibility import check_eligible
from gifts.domain.refusals import NotEligibleError


@pytest.mark.parametrize("account_kind", [None, "business"])
def test_person_of_age_passes(account_kind: str | None) -> None:
    check_eligible(age_verified=True, account_kind=account_kind)


@pytest.mark.parametrize(
    ("age_verified", "account_kind"),
    [(False, None), (True, "government"), (True, "politician"), (True, "party"), (False, "party")],
)
def test_others_are_refused(age_verified: bool, account_kind: str | None) -> None:
    with pytest.raises(NotEligibleError):
        check_eligible(age_verified=age_verified, account_kind=account_kind)
