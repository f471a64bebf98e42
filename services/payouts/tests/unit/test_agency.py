"""Contracts with agencies: which hold when, and how much they may come to (C47)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.agency import (
    CONTRACT_MOVES,
    Contract,
    ContractStatus,
    ContractTerms,
    check_proposal,
    check_shares,
    in_force,
    own_bps,
    shared,
)
from payouts.domain.refusals import AgencyContractInvalidError, AgencySharesExceededError

T = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def a_contract(number: int = 1, **changes: object) -> Contract:
    contract = Contract(
        contract_id=UUID(int=number),
        creator_id="star",
        agency_id="agency",
        share_bps=1_000,
        effective_from=T,
        ends_at=None,
        proposed_at=T,
        accepted_at=T,
        status=ContractStatus.ACCEPTED,
        moved_at=T,
    )
    return msgspec.structs.replace(contract, **changes)


def shares(contracts: list[Contract], at: datetime) -> list[int]:
    return [each.share_bps for each in in_force(contracts, at)]


def test_a_contract_holds_from_its_beginning_to_its_end() -> None:
    contracts = [a_contract(ends_at=T + DAY)]

    assert shares(contracts, T - timedelta(microseconds=1)) == []
    assert shares(contracts, T) == [1_000]
    assert shares(contracts, T + DAY) == []


@pytest.mark.parametrize(
    "status", [ContractStatus.PROPOSED, ContractStatus.DECLINED, ContractStatus.ENDED]
)
def test_what_is_not_agreed_on_does_not_hold(status: ContractStatus) -> None:
    accepted_at = T if status is ContractStatus.ENDED else None

    assert shares([a_contract(status=status, accepted_at=accepted_at, moved_at=T + DAY)], T) == []


def test_a_newer_version_takes_the_place_of_the_older() -> None:
    contracts = [a_contract(2, share_bps=2_000, effective_from=T + DAY), a_contract(1)]

    assert shares(contracts, T) == [1_000]
    assert shares(contracts, T + DAY) == [2_000]


def test_an_older_version_does_not_come_back() -> None:
    """They parted: the share of the year before is not what remains."""
    newer = a_contract(2, effective_from=T + DAY, ends_at=T + 2 * DAY)
    ended = a_contract(3, effective_from=T + DAY, status=ContractStatus.ENDED, moved_at=T + 2 * DAY)

    assert shares([a_contract(1), newer], T + 2 * DAY) == []
    assert shares([a_contract(1), ended], T + 2 * DAY) == []


def test_a_version_that_was_ended_before_it_began_changes_nothing() -> None:
    ended = a_contract(2, effective_from=T + DAY, status=ContractStatus.ENDED, moved_at=T)

    assert shares([a_contract(1), ended], T + 2 * DAY) == [1_000]


def test_several_agencies_at_once() -> None:
    contracts = [
        a_contract(1),
        a_contract(2, agency_id="other", share_bps=500, effective_from=T - DAY),
    ]

    assert shares(contracts, T) == [500, 1_000]
    assert own_bps(in_force(contracts, T)) == 8_500


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"agency_id": "star"}, "agencyId"),
        ({"share_bps": 0}, "shareBps"),
        ({"share_bps": -1}, "shareBps"),
        ({"share_bps": 5_001}, "shareBps"),
        ({"effective_from": T - DAY}, "effectiveFrom"),
        ({"ends_at": T}, "endsAt"),
    ],
    ids=["oneself", "nothing", "less", "too-much", "past", "no-time"],
)
def test_what_nobody_can_agree_on(changes: dict[str, object], field: str) -> None:
    terms = ContractTerms("star", "agency", 1_000, T, None)
    check_proposal(terms, now=T, max_bps=5_000)

    with pytest.raises(AgencyContractInvalidError) as refused:
        check_proposal(terms._replace(**changes), now=T, max_bps=5_000)
    assert refused.value.field == field


def test_shares_are_limited_at_every_moment() -> None:
    """Also where they only meet later."""
    later = a_contract(1, share_bps=3_000, effective_from=T + 9 * DAY)
    wanted = a_contract(2, agency_id="other", share_bps=2_500)
    until_then = msgspec.structs.replace(wanted, ends_at=T + 9 * DAY)

    check_shares([later, until_then], until_then, now=T, max_bps=5_000)
    with pytest.raises(AgencySharesExceededError) as refused:
        check_shares([later, wanted], wanted, now=T, max_bps=5_000)
    assert (refused.value.shares_bps, refused.value.max_bps) == (5_500, 5_000)


def test_another_share_of_the_same_agency_is_not_added() -> None:
    newer = a_contract(2, share_bps=4_500, effective_from=T + DAY)

    check_shares([a_contract(1), newer], newer, now=T, max_bps=5_000)


def test_every_status_has_its_moves() -> None:
    assert CONTRACT_MOVES.keys() == set(ContractStatus)


@given(
    gross=st.integers(0, 2**40),
    increment=st.sampled_from([1, 100]),
    wanted=st.lists(st.integers(1, 1_800), max_size=5),
)
def test_parts_of_a_payout_are_all_of_it(gross: int, increment: int, wanted: list[int]) -> None:
    """C47, E44: whatever the number of agencies, in whole increments (E45)."""
    contracts = [
        a_contract(n, agency_id=f"agency-{n}", share_bps=bps) for n, bps in enumerate(wanted)
    ]
    gross_minor = gross * increment

    own_minor, commissions = shared(gross_minor, increment, contracts)

    assert own_minor + sum(each.amount_minor for each in commissions) == gross_minor
    assert [each.contract_id for each in commissions] == [each.contract_id for each in contracts]
    assert own_minor % increment == 0
    for each in commissions:
        assert each.amount_minor % increment == 0
        assert abs(each.amount_minor * 10_000 - gross_minor * each.share_bps) < 10_000 * increment
