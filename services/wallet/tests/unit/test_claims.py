"""Claims grow the same whatever the order, and never take back more than was paid."""

import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wallet.domain.claims import (
    BookedClaim,
    Claim,
    Disputed,
    Refund,
    Refunded,
    Voided,
    Whole,
    claim_of,
    in_all,
    settle,
    status_of,
)

PAID = 100
MINOR = st.integers(0, PAID)
TELLINGS: st.SearchStrategy[Whole] = (
    st.builds(Refunded, MINOR, MINOR)
    | st.builds(
        Disputed, st.just("1"), st.sampled_from(["opened", "lost", "won"]), st.just(70), MINOR
    )
    | st.just(Voided())
)


def grown(tellings: list[Whole]) -> dict[str, Claim]:
    """The claims after these tellings."""
    known: dict[str, Claim] = {}
    for telling in tellings:
        claim = claim_of(telling, PAID)
        if claim is not None:
            known[claim.claim] = known.get(claim.claim, claim).merged(claim)
    return known


@given(st.lists(TELLINGS, max_size=5))
def test_order_and_repeats_do_not_matter(tellings: list[Whole]) -> None:
    expected = grown(tellings)

    for order in itertools.islice(itertools.permutations(tellings), 24):
        assert grown([*order, *order[:2]]) == expected


@given(st.lists(st.tuples(MINOR, MINOR, MINOR), max_size=5))
def test_what_is_booked_fits_what_is_claimed(amounts: list[tuple[int, int, int]]) -> None:
    """As much as all claims ask for, and never more than was paid; settled once, it is settled."""
    left = PAID
    claims: list[BookedClaim] = []
    for number, (claimed, returned, booked) in enumerate(amounts):
        booked = min(booked, left)
        left -= booked
        claim = Claim(f"dispute:{number}", "refund", max(claimed, returned, 1), returned, False)
        claims.append(BookedClaim(claim, booked))

    steps = settle(PAID, claims)

    booked = {each.claim.claim: each.booked_minor for each in claims}
    for step in steps:
        booked[step.claim.claim] += step.delta_minor
        assert sum(booked.values()) <= PAID
    net = sum(each.claim.net_minor for each in claims)
    assert sum(booked.values()) == min(PAID, net)
    assert all(booked[each.claim.claim] <= each.claim.net_minor for each in claims)
    after = [BookedClaim(each.claim, booked[each.claim.claim]) for each in claims]
    assert settle(PAID, after) == []


def test_states_follow_from_claims() -> None:
    refund = Claim("refund", "refund", 100, 0, is_open=False)
    part = Claim("refund", "refund", 60, 30, is_open=False)
    gone = Claim("refund", "refund", 60, 60, is_open=False)
    opened = Claim("dispute:1", "chargeback", 100, 0, is_open=True)
    lost = Claim("dispute:1", "chargeback", 100, 0, is_open=False)
    won = Claim("dispute:1", "chargeback", 100, 100, is_open=False)
    void = Claim("void", "void", 100, 0, is_open=False)

    assert status_of(PAID, []) == "CREDITED"
    assert status_of(PAID, [gone, won]) == "CREDITED"
    assert status_of(PAID, [part, won]) == "PARTIALLY_REFUNDED"
    assert status_of(PAID, [refund, won]) == "REFUNDED"
    assert status_of(PAID, [refund, opened]) == "DISPUTED"
    assert status_of(PAID, [part, lost]) == "CHARGED_BACK"
    assert status_of(PAID, [lost, opened, void]) == "VOIDED"


REFUNDS = st.lists(
    st.builds(Refund, st.sampled_from("abc"), st.just(40), st.booleans()), max_size=6
)


@given(REFUNDS, st.randoms(use_true_random=False))
def test_refunds_told_one_by_one_add_up(refunds: list[Refund], random: Random) -> None:
    """Each once, whatever the order; one that failed went and came back (E03)."""
    given = {each.refund_id for each in refunds}
    failed = {each.refund_id for each in refunds if each.is_returned}
    shuffled = [*refunds, *refunds[:2]]
    random.shuffle(shuffled)

    assert in_all(shuffled) == Refunded(40 * len(given), 40 * len(failed))


@given(REFUNDS, REFUNDS)
def test_totals_of_refunds_only_grow(before: list[Refund], after: list[Refund]) -> None:
    """As those of a claim must."""
    known, grown = in_all(before), in_all([*before, *after])

    assert grown.refunded_minor >= known.refunded_minor
    assert grown.returned_minor >= known.returned_minor
    assert grown.returned_minor <= grown.refunded_minor
