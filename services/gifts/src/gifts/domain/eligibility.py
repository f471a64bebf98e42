"""Who may send and receive gifts (C07); decided from what the token says alone."""

from gifts.domain.refusals import NotEligibleError

BARRED_ACCOUNT_KINDS = frozenset({"government", "politician", "party"})
"""Accounts of these kinds neither send nor receive."""


def check_eligible(*, age_verified: bool, account_kind: str | None) -> None:
    """Pass whoever is of age and an ordinary person; the same for sending and receiving.

    Args:
        age_verified: The identity provider vouches for the age that the caller's country asks for.
        account_kind: None for an ordinary account.

    Raises:
        NotEligibleError: Not of age, or an account that is barred.
    """
    if not age_verified or account_kind in BARRED_ACCOUNT_KINDS:
        raise NotEligibleError
