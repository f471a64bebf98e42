"""P2: P1 with all gifts to one star, with one payer sending everything, with dirty input, with
spend limits on everybody, and with payments taken back at the same time.

Each round begins and ends with the plain scenario: what counts are ratios within a round, to the
mean of those two, since a shared machine is not equally fast at all times. To the wallet a star is
the plain scenario with fewer order keys, so its ratio tells how quiet the machine was.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping
from typing import NamedTuple

from charging import Measured, Scenario, Workers, figure, median, run
from report import Figure, publish
from stacks import measured_stack, say

from local_stack.stack import Stack


class Line(NamedTuple):
    """A scenario, and how fast it must be at least, measured by the plain one."""

    scenario: Scenario
    bar: float


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    workers = Workers(options.workers, options.lanes)
    lines = _lines(options.charges)
    rounds: list[Mapping[str, Measured]] = []
    with measured_stack("postgres") as stack:
        for number in range(options.rounds):
            say(f"round {number + 1} of {options.rounds}")
            rounds.append(_round(stack, lines, workers))
    figures = [_figure(line, workers, rounds, lines[0]) for line in lines]
    margins = {line.scenario.name: _ratio(line, rounds, lines[0]) / line.bar for line in lines[1:]}
    narrowest = min(margins, key=lambda name: margins[name])
    headline = Figure(
        name=f"narrowest margin: {narrowest}",
        value=margins[narrowest],
        unit="× its bar",
        checker="clean" if all(each.checker == "clean" for each in figures) else "breach",
        settings={"margins": margins, "rounds": options.rounds},
    )
    return publish("p2", headline, *figures)


def _lines(charges: int) -> list[Line]:
    plain = Scenario("plain", 20_000, charges)
    return [
        Line(plain, 1.0),
        Line(plain._replace(name="star: all to one creator", creators=1), 1.0),
        Line(plain._replace(name="whale: one payer sends all", payers=("viewer-0",)), 0.8),
        Line(
            plain._replace(
                name="dirty: 1 % cannot be paid, 1 % are repeats", unaffordable=0.01, repeated=0.01
            ),
            0.6,
        ),
        Line(plain._replace(name="limits: every payer has all three", limited=True), 0.85),
        Line(plain._replace(name="reversals: 1 % as many payments taken back", reversed=0.01), 0.8),
    ]


def _round(stack: Stack, lines: list[Line], workers: Workers) -> Mapping[str, Measured]:
    runs = {line.scenario.name: run(stack, line.scenario, workers) for line in lines}
    plain = lines[0].scenario
    first, last = runs[plain.name], run(stack, plain, workers)
    both = "clean" if first.checker == last.checker == "clean" else "breach"
    mean = first._replace(per_s=(first.per_s + last.per_s) / 2, checker=both)
    return {**runs, plain.name: mean}


def _ratio(line: Line, rounds: list[Mapping[str, Measured]], plain: Line) -> float:
    """How fast a scenario is, by the plain one of the same round: the median of all rounds."""
    return statistics.median(
        each[line.scenario.name].per_s / each[plain.scenario.name].per_s for each in rounds
    )


def _figure(
    line: Line, workers: Workers, rounds: list[Mapping[str, Measured]], plain: Line
) -> Figure:
    runs = [each[line.scenario.name] for each in rounds]
    ratio = _ratio(line, rounds, plain)
    return figure(
        line.scenario,
        workers,
        median(runs),
        times_plain=round(ratio, 3),
        bar_times_plain=line.bar,
        rounds=[round(each.per_s) for each in runs],
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=200_000, help="per scenario and round")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--lanes", type=int, default=2, help="batches in flight per process")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
