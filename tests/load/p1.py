"""P1: the wallet applies charges, with lots, slices, journal, fence and outbox."""

import argparse
import sys

from charging import Scenario, Workers, figure, median, run
from report import publish
from stacks import measured_stack, say

BAR = 15_000
GOAL = 50_000


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    workers = Workers(options.workers, options.lanes)
    scenarios = [
        Scenario("20,000 payers, remembered", 20_000, options.charges),
        Scenario("200,000 payers, read anew", 200_000, options.charges // 2, warm=False),
    ][: options.scenarios]
    with measured_stack("postgres") as stack:
        figures = []
        for scenario in scenarios:
            say(f"{scenario.name}: {options.rounds} × {scenario.charges:,} charges")
            runs = [run(stack, scenario, workers) for _ in range(options.rounds)]
            rates = [round(each.per_s) for each in runs]
            more = {"bar": BAR, "goal": GOAL, "rounds": rates}
            figures.append(figure(scenario, workers, median(runs), **more))
    return publish("p1", *figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=200_000, help="per round")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--lanes", type=int, default=2, help="batches in flight per process")
    parser.add_argument("--scenarios", type=int, default=2, help="only the first so many")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
