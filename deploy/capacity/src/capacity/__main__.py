"""`python -m capacity`: what a load takes, and what gives way first."""

import argparse
import sys
from pathlib import Path

import msgspec

from capacity.costs import COSTS, read_costs
from capacity.plan import Load, plan
from capacity.tables import ceilings_table, plans_table


def main() -> int:
    """Print one load's plan, or the page's tables; a load that is none is one line and exit 1."""
    parser = argparse.ArgumentParser(prog="python -m capacity")
    parser.add_argument("--gifts-per-s", type=int, help="without it: the tables of the page")
    parser.add_argument("--viewers", type=int, default=0, help="who watch live rooms at once")
    parser.add_argument("--rooms", type=int, default=0, help="live at once; 0: gifts to videos")
    parser.add_argument("--days", type=int, default=90, help="how long databases keep gifts")
    parser.add_argument("--costs", type=Path, default=COSTS, help="figures and prices of your own")
    given = parser.parse_args()
    try:
        costs = read_costs(given.costs)
        if given.gifts_per_s is None:
            if given.viewers or given.rooms:
                raise ValueError("viewers and rooms of which load? Give --gifts-per-s too")
            print(ceilings_table(costs), plans_table(costs), sep="\n", end="")
            return 0
        load = Load(given.gifts_per_s, given.viewers, given.rooms, given.days)
        found = plan(load, costs)
    except (ValueError, OSError, msgspec.DecodeError) as problem:
        print(f"capacity: {problem}", file=sys.stderr)
        return 1
    print(plans_table(costs, [load]))
    print(f"first to give way: {found.first.part}, at {found.first.gifts_per_s:,.0f} gifts/s")
    for each in found.reached:
        print(f"too much for: {each.part} ({each.gifts_per_s:,.0f}/s). Then: {each.remedy}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
