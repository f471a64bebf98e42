"""Which caps a charge meets, which tables may be published, and whose spending is counted."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from contracts.gifts.v1 import AgeBand, ChargeRequested
from wallet.domain.caps import NO_CAPS, UNCAPPED, CapPolicies, CapPolicy, CapTable, problem_of
from wallet.domain.counting import to_be_counted
from wallet.domain.ledger import Head
from wallet.testing.buying import first_spend_policies

NOW = datetime(2026, 9, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_table(**changes: object) -> CapTable:
    document = {
        "rows": [
            {"ages": ["supervised"], "charge_coins": 5, "day_coins": 5, "week_coins": 20},
            {"regions": ["KR"], "charge_coins": 20, "day_coins": 30, "week_coins": 40},
            {"charge_coins": 50, "day_coins": 60, "week_coins": 70},
        ],
        "unknown": {"charge_coins": 5, "day_coins": 5, "week_coins": 20},
    }
    return msgspec.convert({**document, **changes}, CapTable)


def a_charge(
    coins: int = 1,
    *,
    payer: str = "ann",
    region: str | None = "US",
    age: AgeBand | None = "adult",
) -> ChargeRequested:
    return ChargeRequested(
        charge_id=UUID(int=1),
        payer_id=payer,
        order_key="star",
        coins=coins,
        payer_region=region,
        payer_age=age,
    )


@pytest.mark.parametrize(
    ("region", "age", "caps_id"),
    [
        ("US", "adult", 13),
        ("KR", "adult", 12),
        ("KR", "supervised", 11),
        ("US", "supervised", 11),
        (None, "adult", 14),
        ("US", None, 14),
        (None, None, 14),
    ],
)
def test_the_first_row_that_is_for_somebody_is_theirs(
    region: str | None, age: AgeBand | None, caps_id: int
) -> None:
    """And who does not say, as old records do not, meets those of whom nothing is known."""
    policy = CapPolicy(NOW, a_table(), [11, 12, 13, 14])

    [caps] = policy.met_by([a_charge(region=region, age=age)])

    assert caps.caps_id == caps_id


def test_a_version_holds_from_its_date_on() -> None:
    first = CapPolicy(NOW, None, [])
    second = CapPolicy(NOW + HOUR, a_table(), [1, 2, 3, 4])
    policies = CapPolicies([first, second])

    assert policies.in_force(NOW - HOUR) is UNCAPPED
    assert policies.in_force(NOW) is first
    assert policies.in_force(NOW + HOUR) is second
    assert first.met_by([a_charge()]) == [NO_CAPS]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"rows": [{"regions": ["KR"], "charge_coins": 5, "day_coins": 9, "week_coins": 20}]},
            "for everybody",
        ),
        ({"unknown": {"charge_coins": 5, "day_coins": 6, "week_coins": 20}}, "row 0"),
        (
            {"rows": [{"charge_coins": 50, "day_coins": 20, "week_coins": 70}]},
            "must not exceed",
        ),
    ],
    ids=["nobody's", "unknown is higher", "a gift dearer than a day"],
)
def test_a_table_that_breaks_a_rule_is_refused(changes: dict[str, object], problem: str) -> None:
    assert problem_of(a_table()) is None
    assert problem in (problem_of(a_table(**changes)) or "")


def test_the_first_policies_have_caps_from_the_second_on() -> None:
    first, second = first_spend_policies()

    assert first.caps is None
    assert second.caps is not None


def a_head(owner_id: str, *, spent_coins: int, limits_version: int = 0) -> Head:
    return Head(1, owner_id, 0, 0, 0, (), (), limits_version, spent_coins)


@pytest.mark.parametrize(
    ("spent_coins", "coins", "is_counted"),
    [
        (0, [60], False),
        (0, [61], True),
        (30, [15, 15], False),
        (30, [15, 16], True),
        (61, [1], True),
    ],
)
def test_only_who_may_be_near_a_cap_is_counted(
    spent_coins: int, coins: list[int], is_counted: bool
) -> None:
    """A day's 60 for ann; bob, who has limits of his own, always is, and cid's charges are few."""
    policy = CapPolicy(NOW, a_table(), [1, 2, 3, 4])
    charges = [*map(a_charge, coins), a_charge(payer="bob"), a_charge(payer="cid")]
    heads = {
        "ann": a_head("ann", spent_coins=spent_coins),
        "bob": a_head("bob", spent_coins=0, limits_version=1),
        "cid": a_head("cid", spent_coins=0),
    }

    counted = to_be_counted(charges, policy.met_by(charges), heads)

    assert counted == ({"ann", "bob"} if is_counted else {"bob"})
