"""Plans and ceilings as tables, in Markdown: what the program prints is what the page holds."""

from collections.abc import Sequence
from typing import Final

from capacity.ceilings import Ceiling, ceilings
from capacity.costs import Costs
from capacity.plan import Load, Plan, plan

LOADS: Final = (
    Load(1_000, viewers=50_000, rooms=500),
    Load(10_000, viewers=500_000, rooms=5_000),
    Load(100_000, viewers=5_000_000, rooms=50_000),
    Load(1_000_000, viewers=50_000_000, rooms=500_000),
)
"""Those of the page."""


def ceilings_table(costs: Costs) -> str:
    """What each single part lets through, to rooms and to videos."""
    to_videos = {each.part: each.gifts_per_s for each in ceilings(costs, in_rooms=False)}
    rows = [
        [each.part, _count(each.gifts_per_s), _videos(each, to_videos), each.remedy]
        for each in ceilings(costs, in_rooms=True)
    ]
    return _table(["part", "gifts/s to rooms", "to videos", "then"], rows)


def _videos(ceiling: Ceiling, to_videos: dict[str, float]) -> str:
    found = to_videos.get(ceiling.part)
    return "" if found is None else _count(found)


def plans_table(costs: Costs, loads: Sequence[Load] = LOADS) -> str:
    """What each load takes, a column each."""
    plans = [plan(load, costs) for load in loads]
    columns = [_rows(each) for each in plans]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [[name, *(column.get(name, "") for column in columns)] for name in names]
    return _table(["gifts/s", *(_count(load.gifts_per_s) for load in loads)], rows)


def _rows(found: Plan) -> dict[str, str]:
    load = found.load
    return {
        "viewers, rooms, days kept": f"{load.viewers:,}, {load.rooms:,}, {load.days}",
        **{f"{each.name}: pods, cores": _pair(each.pods, each.cores) for each in found.processes},
        **{
            f"{each.service}: databases × servers × cores": f"{each.shards} × "
            f"{each.servers // each.shards} × {each.cores_per_server}"
            for each in found.databases
        },
        **{f"{each.service}: partitions": _count(each.partitions) for each in found.databases},
        **{f"{each.service}: disk, GB a day": _count(each.gb_per_day) for each in found.databases},
        "databases' disk, with replicas, TB": _count(found.disk_tb),
        "Kafka: brokers × cores": f"{found.brokers} × {found.cores_per_broker}",
        "Kafka's disk, with replicas, TB": _count(found.kafka_tb),
        "network to viewers, Gbit/s": _count(found.network_gbit_per_s),
        "cores, all": _count(found.cores),
        "US dollars a month": _count(_rounded(found.usd_per_month)),
        "parts that have to be divided": str(len(found.reached)),
    }


def _pair(pods: int, cores: float) -> str:
    return f"{pods:,}, {cores:,.1f}"


def _count(value: float) -> str:
    return f"{value:,.1f}" if value < 10 and value != int(value) else f"{value:,.0f}"


def _rounded(value: float) -> float:
    """To three figures: prices are no better known."""
    return float(f"{value:.3g}")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
