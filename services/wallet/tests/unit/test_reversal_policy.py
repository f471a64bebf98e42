"""The policy bears every reversal, and what it says is a file that is checked."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from wallet.domain.reversal_policy import (
    KINDS,
    PolicyRefusedError,
    ReversalPolicy,
    WaterfallLeg,
    check_policies,
    policy_in_force,
)
from wallet.store.reversal_policies import published_policies

START = datetime(2026, 1, 1, tzinfo=UTC)
UNSPENT, LAST = WaterfallLeg("unspent"), WaterfallLeg("platform_loss")


def a_policy(*legs: WaterfallLeg, version: int = 1, days: int = 0) -> ReversalPolicy:
    waterfall = legs or (UNSPENT, LAST)
    return ReversalPolicy(
        version, START + timedelta(days=days), 1_000, dict.fromkeys(KINDS, tuple(waterfall))
    )


def test_what_the_program_comes_with_is_in_order() -> None:
    """And says for each kind who bears it."""
    assert set(published_policies()[-1].waterfalls) == set(KINDS)


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        ([], "come into force"),
        ([a_policy(version=2)], "numbered from 1"),
        ([a_policy(), a_policy(version=2)], "come into force"),
        ([a_policy(LAST)], "unspent coins go first"),
        ([a_policy(UNSPENT)], "platform_loss comes last"),
        ([a_policy(UNSPENT, LAST, WaterfallLeg("reserve"))], "platform_loss comes last"),
        ([a_policy(UNSPENT, UNSPENT, LAST)], "more than once"),
        ([a_policy(UNSPENT, WaterfallLeg("platform_loss", 5))], "no limit"),
        ([a_policy(UNSPENT, WaterfallLeg("creator_unmatured", 5), LAST)], "no limit"),
        ([a_policy(UNSPENT, WaterfallLeg("payer_debt", 5), LAST)], "a minor owes nothing"),
    ],
)
def test_policies_that_would_not_bear_everything_are_refused(
    policies: list[ReversalPolicy], reason: str
) -> None:
    with pytest.raises(PolicyRefusedError, match=reason):
        check_policies(policies)


def test_kinds_without_a_waterfall_are_refused() -> None:
    policy = msgspec.structs.replace(a_policy(), waterfalls={"refund": (UNSPENT, LAST)})

    with pytest.raises(PolicyRefusedError, match="must say who bears"):
        check_policies([policy])


def test_the_version_in_force_is_the_last_that_has_begun() -> None:
    policies = [a_policy(), a_policy(version=2, days=10)]

    assert policy_in_force(policies, START + timedelta(days=9)).version == 1
    assert policy_in_force(policies, START + timedelta(days=10)).version == 2
    assert policy_in_force(policies, START - timedelta(days=1)).version == 1
