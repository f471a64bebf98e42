"""Identifiers sort by time, and user ids are what tokens may hold."""

import time

import pytest

from chassis import ids


def test_uuid7_is_well_formed_and_sorts_by_time() -> None:
    before_ms = time.time_ns() // 1_000_000
    made = [ids.uuid7() for _ in range(100)]
    after_ms = time.time_ns() // 1_000_000

    assert {made_id.version for made_id in made} == {7}
    assert {made_id.variant for made_id in made} == {"specified in RFC 4122"}
    assert len(set(made)) == 100
    assert [made_id.int >> 80 for made_id in made] == sorted(made_id.int >> 80 for made_id in made)
    assert before_ms <= made[0].int >> 80 <= made[-1].int >> 80 <= after_ms


def test_a_derived_id_depends_on_origin_and_purpose_alone() -> None:
    origin = ids.uuid7()
    derived = ids.derived_id(origin, "bonus")

    assert derived == ids.derived_id(origin, "bonus")
    assert derived.version == 8
    assert derived.variant == "specified in RFC 4122"
    assert len({derived, ids.derived_id(origin, "expiry"), ids.derived_id(7, "bonus")}) == 3


@pytest.mark.parametrize("text", ["alice", "a", "x" * 64, "auth0:123@tenant", "a.b_c-d"])
def test_user_ids(text: str) -> None:
    assert ids.is_user_id(text)


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a\n", "a\0", "é", "a/b", "<script>"])
def test_not_user_ids(text: str) -> None:
    assert not ids.is_user_id(text)
