"""Plans of loads: what doubles, what is divided, what is refused."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.ceilings import STAR, ceilings, database_us, first_to_give_way
from capacity.costs import read_costs
from capacity.plan import Load, Plan, plan

COSTS = read_costs()


def cores(found: Plan) -> Mapping[str, float]:
    return {each.name: each.cores for each in found.processes}


def test_a_load_by_hand() -> None:
    """6,000 gifts/s to videos at 0.6 of each core: 10,000 × the µs per gift."""
    found = plan(Load(6_000, days=10), COSTS)

    assert cores(found) == {
        "gateway": pytest.approx(4.21),
        "gifts api": pytest.approx(8.08),
        "wallet worker": pytest.approx(0.70),
        "gifts worker": pytest.approx(0.54),
        "payouts worker": pytest.approx(0.42),
    }
    gifts_a_day = 6_000 * 0.3 * 86_400
    (wallet, gifts, payouts) = found.databases
    assert wallet.gb_per_day == pytest.approx(gifts_a_day * 327 / 1e9)
    assert found.disk_tb == pytest.approx(gifts_a_day * (327 + 1370 + 597) * 10 * 3 / 1e12)
    assert found.kafka_tb == pytest.approx(gifts_a_day * 1809 * 14 * 3 / 1e12)
    assert [each.shards for each in (wallet, gifts, payouts)] == [1, 1, 1]
    assert found.reached == []


def test_viewers_by_hand() -> None:
    """100,000 viewers of 10 busy rooms: 400,000 frames of 6 KB a second."""
    found = plan(Load(1_000, viewers=100_000, rooms=10), COSTS)

    assert found.network_gbit_per_s == pytest.approx(400_000 * 6_000 * 8 / 1e9)
    hubs = found.processes[-1]
    delivering, reading = 400_000 * 17e-6 / 0.6, 1_000 * 23e-6 / 0.6
    assert hubs.name == "live hub"
    assert hubs.cores == pytest.approx(delivering + hubs.pods * reading)
    assert hubs.cores <= hubs.pods < hubs.cores + 1


def test_quiet_rooms_have_a_frame_for_each_gift() -> None:
    found = plan(Load(100, viewers=1_000, rooms=1_000), COSTS)

    assert found.network_gbit_per_s == pytest.approx(1_000 * 0.1 * 6_000 * 8 / 1e9)


def test_the_databases_shares_are_all_of_it() -> None:
    measured = COSTS.measured
    for in_rooms, whole in ((False, measured.videos.postgres), (True, measured.rooms.postgres)):
        parts = [
            database_us(COSTS, service, in_rooms=in_rooms)
            for service in ("wallet", "gifts", "payouts")
        ]
        assert sum(parts) == pytest.approx(whole)


@given(st.integers(1, 1_000_000), st.booleans())
def test_no_part_is_asked_for_more_than_it_lets_through(gifts_per_s: int, in_rooms: bool) -> None:
    """Whatever is divided is divided often enough, and no oftener than it has to be."""
    load = Load(gifts_per_s, viewers=1_000 if in_rooms else 0, rooms=50 if in_rooms else 0)

    found = plan(load, COSTS)

    limits = ceilings(COSTS, in_rooms=in_rooms)
    for each in found.databases:
        lowest = min(c.gifts_per_s for c in limits if c.of == each.service and c.divides)
        assert gifts_per_s / each.shards <= lowest
        assert each.shards == 1 or gifts_per_s / (each.shards - 1) > lowest
        assert each.cores_per_server <= COSTS.assumed.server_cores_max
    for each in found.processes:
        assert each.cores <= each.pods + 1e-6
        worker = each.name.removesuffix(" worker")
        for read in found.databases:
            assert read.service != worker or each.pods <= read.partitions
    assert {each.part for each in found.reached} == {
        each.part for each in limits if each.part != STAR and each.gifts_per_s < gifts_per_s
    }


@given(st.integers(1, 500_000))
def test_twice_the_gifts_never_cost_less(gifts_per_s: int) -> None:
    once = plan(Load(gifts_per_s), COSTS)
    twice = plan(Load(2 * gifts_per_s), COSTS)

    assert twice.usd_per_month >= once.usd_per_month
    assert twice.disk_tb == pytest.approx(2 * once.disk_tb)


@pytest.mark.parametrize("in_rooms", [True, False], ids=["rooms", "videos"])
def test_the_first_to_give_way_is_the_lowest_that_all_go_through(in_rooms: bool) -> None:
    first = first_to_give_way(COSTS, in_rooms=in_rooms)

    limits = {each.part: each.gifts_per_s for each in ceilings(COSTS, in_rooms=in_rooms)}
    del limits[STAR]
    assert first.gifts_per_s == min(limits.values())


@pytest.mark.parametrize(
    "load",
    [Load(0), Load(-1), Load(1, viewers=-1, rooms=1), Load(1, viewers=5), Load(1, days=-1)],
    ids=["no gifts", "fewer than none", "fewer viewers than none", "no room", "fewer days"],
)
def test_a_load_that_is_none_is_refused(load: Load) -> None:
    with pytest.raises(ValueError, match="give --gifts-per-s"):
        plan(load, COSTS)
