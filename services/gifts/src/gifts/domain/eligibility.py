"""Who may send and receive gifts (C07), and by what caps go; from what the token says alone."""

import re
from typing import Final, Literal, NamedTuple

from gifts.domain.refusals import NotEligibleError

type AgeBand = Literal["adult", "supervised"]

_REGION: Final = re.compile(r"[A-Z]{2}")
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


class Payer(NamedTuple):
    """Where a sender lives and how old they are: what the platform's caps go by."""

    region: str | None
    """ISO 3166-1 alpha-2; None: not known."""
    age: AgeBand | None
    """None: not known."""


def payer_of(*, region: str | None, age_verified: bool, supervised: bool) -> Payer:
    """What a token tells of a payer; what is no region is none."""
    if region is not None and _REGION.fullmatch(region) is None:
        region = None
    if not age_verified:
        return Payer(region, None)
    return Payer(region, "supervised" if supervised else "adult")
