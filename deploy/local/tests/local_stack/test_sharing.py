"""What the evening demands of payouts that others have a part in."""

from typing import Any

import pytest

from local_stack.problem import LocalProblemError
from local_stack.sharing import Split, check_commission_line, check_payout_line, split_of

CREATOR = "vera"


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amountMinor": amount_minor, "currency": "USD"}


def shown(**changes: object) -> dict[str, Any]:
    """Ten dollars, of which 20 % are an agency's and 15 % of the rest the tax office's."""
    return {
        "gross": usd(1_000),
        "fees": [
            {"kind": "FIXED", "amount": usd(25)},
            {"kind": "PROPORTIONAL", "amount": usd(2)},
            {"kind": "WITHHOLDING", "amount": usd(120)},
            {"kind": "COMMISSION", "amount": usd(200)},
        ],
        "commissions": [{"shareBps": 2_000, "amount": usd(200)}],
        "withholding": {"amount": usd(120)},
        "net": usd(653),
        **changes,
    }


def split(payout: dict[str, Any], agency_bps: int = 2_000, withheld_bps: int = 1_500) -> Split:
    return split_of(
        CREATOR, payout, agency_bps=agency_bps, withheld_bps=withheld_bps, because="agreed"
    )


def test_a_payout_that_is_split_as_agreed() -> None:
    found = split(shown())

    assert (found.commission_minor, found.withheld_minor) == (200, 120)
    assert (found.fees_minor, found.net_minor) == (27, 653)
    assert found.shown(found.net_minor) == "6.53 USD"


@pytest.mark.parametrize(
    ("gross_minor", "bps", "commission_minor"),
    [(1_001, 1_666, 167), (1_002, 1_667, 167), (1_005, 1_000, 100)],
    ids=["166.77", "167.03", "100.5: the creator is first among equals"],
)
def test_what_cannot_be_divided(gross_minor: int, bps: int, commission_minor: int) -> None:
    """Whole cents, by largest remainder."""
    payout = shown(
        gross=usd(gross_minor),
        fees=[{"kind": "COMMISSION", "amount": usd(commission_minor)}],
        commissions=[{"shareBps": bps, "amount": usd(commission_minor)}],
        withholding={"amount": usd(0)},
        net=usd(gross_minor - commission_minor),
    )

    assert split(payout, bps, 0).commission_minor == commission_minor


@pytest.mark.parametrize(
    "changes",
    [
        {"net": usd(654)},
        {"commissions": [{"shareBps": 2_000, "amount": usd(199)}]},
        {"commissions": []},
        {"withholding": {"amount": usd(119)}},
        {
            "fees": [
                {"kind": "FIXED", "amount": usd(27)},
                {"kind": "COMMISSION", "amount": usd(200)},
            ]
        },
        {"gross": usd(999)},
    ],
    ids=["net", "a cent less", "nobody", "withheld", "no line of it", "gross"],
)
def test_another_amount_ends_the_evening(changes: dict[str, object]) -> None:
    with pytest.raises(LocalProblemError, match=f"the payout of {CREATOR} says"):
        split(shown(**changes))


def test_statements_say_the_same() -> None:
    """Of the creator's payout, and of what the agency has earned of it."""
    found = split(shown())
    own = {
        "currency": "USD",
        "gross_minor": "1000",
        "fees_minor": "27",
        "withheld_minor": "120",
        "commission_minor": "200",
        "net_minor": "653",
    }
    agencys = {"currency": "USD", "commission_minor": "200", "commission_of": CREATOR}

    check_payout_line(found, own)
    check_commission_line(found, agencys)
    for name in own:
        with pytest.raises(LocalProblemError, match=f"the statement of {CREATOR}"):
            check_payout_line(found, own | {name: "1"})
    for name in agencys:
        with pytest.raises(LocalProblemError, match="the statement of studio-sol"):
            check_commission_line(found, agencys | {name: "1"})
