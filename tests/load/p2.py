"""P2: P1 with all gifts to one star, with one payer sending everything, with dirty input, with
spend limits on everybody, and with payments taken back at the same time.

What counts are ratios within a round, of the speed while everybody is at work (`steady_per_s`), to
the mean of the plain scenario before and after, since a shared machine is not equally fast at all
times. To the wallet a star is the plain scenario with fewer order keys, so its ratio tells how
quiet the machine was.

Payments are taken back in groups, a few each second: that scenario takes longer, so that one group
more or less does not matter, and so does the plain one that it is compared with.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from charging import Measured, Scenario, Workers, figure, median, run
from report import Figure, publish
from stacks import measured_stack, say

from local_stack.stack import Stack


class Line(NamedTuple):
    """A scenario, and how fast it must be at least, measured by a plain one."""

    scenario: Scenario
    bar: float


class Group(NamedTuple):
    """A plain scenario, which is run before and after the others."""

    plain: Scenario
    lines: Sequence[Line]


type Round = Mapping[str, Measured]
"""By name of the scenario."""


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    workers = Workers(options.workers, options.lanes)
    groups = [
        group._replace(lines=[line for line in group.lines if options.only in line.scenario.name])
        for group in _groups(options.charges)
    ]
    groups = [group for group in groups if group.lines]
    rounds: list[Round] = []
    with measured_stack("postgres") as stack:
        for number in range(options.rounds):
            say(f"round {number + 1} of {options.rounds}")
            rounds.append(
                {
                    name: measured
                    for group in groups
                    for name, measured in _run_group(stack, group, workers).items()
                }
            )
    figures: list[Figure] = []
    margins: dict[str, float] = {}
    for plain, lines in groups:
        figures.append(_figure(Line(plain, 1.0), workers, rounds, plain.name))
        for line in lines:
            figures.append(_figure(line, workers, rounds, plain.name))
            ratio = statistics.median(_ratios(line.scenario.name, rounds, plain.name))
            margins[line.scenario.name] = ratio / line.bar
    narrowest = min(margins, key=lambda name: margins[name])
    headline = Figure(
        name=f"narrowest margin: {narrowest}",
        value=margins[narrowest],
        unit="× its bar",
        checker="clean" if all(each.checker == "clean" for each in figures) else "breach",
        settings={"margins": margins, "rounds": options.rounds},
    )
    return publish("p2", headline, *figures)


def _groups(charges: int) -> list[Group]:
    plain = Scenario("plain", 20_000, charges)
    longer = plain._replace(name="plain, four times as long", charges=4 * charges)
    return [
        Group(
            plain,
            [
                Line(plain._replace(name="star: all to one creator", creators=1), 1.0),
                Line(plain._replace(name="whale: one payer sends all", payers=("viewer-0",)), 0.8),
                Line(
                    plain._replace(
                        name="dirty: 1 % cannot be paid, 1 % are repeats",
                        unaffordable=0.01,
                        repeated=0.01,
                    ),
                    0.6,
                ),
                Line(plain._replace(name="limits: every payer has all three", limited=True), 0.85),
            ],
        ),
        Group(
            longer,
            [
                Line(
                    longer._replace(
                        name="reversals: 1 % as many payments taken back", reversed=0.01
                    ),
                    0.8,
                )
            ],
        ),
    ]


def _run_group(stack: Stack, group: Group, workers: Workers) -> Round:
    first = run(stack, group.plain, workers)
    runs = {line.scenario.name: run(stack, line.scenario, workers) for line in group.lines}
    last = run(stack, group.plain, workers)
    return {group.plain.name: _mean(first, last), **runs}


def _mean(first: Measured, last: Measured) -> Measured:
    return first._replace(
        per_s=(first.per_s + last.per_s) / 2,
        steady_per_s=(first.steady_per_s + last.steady_per_s) / 2,
        python_us=(first.python_us + last.python_us) / 2,
        postgres_us=(first.postgres_us + last.postgres_us) / 2,
        checker="clean" if first.checker == last.checker == "clean" else "breach",
    )


def _ratios(name: str, rounds: Sequence[Round], plain: str) -> list[float]:
    """How fast a scenario is, by the plain one of the same round."""
    return [each[name].steady_per_s / each[plain].steady_per_s for each in rounds]


def _processor_ratios(name: str, rounds: Sequence[Round], plain: str) -> list[float]:
    """The same by processor time, which says less of what else the machine does."""
    return [
        (each[plain].python_us + each[plain].postgres_us)
        / (each[name].python_us + each[name].postgres_us)
        for each in rounds
    ]


def _figure(line: Line, workers: Workers, rounds: Sequence[Round], plain: str) -> Figure:
    name = line.scenario.name
    ratios = _ratios(name, rounds, plain)
    by_processor = _processor_ratios(name, rounds, plain)
    say(f"{name}: {_told(ratios)} × plain, by processor time {_told(by_processor)}")
    return figure(
        line.scenario,
        workers,
        median([each[name] for each in rounds]),
        times_plain=round(statistics.median(ratios), 3),
        times_plain_by_processor=round(statistics.median(by_processor), 3),
        bar_times_plain=line.bar,
        rounds=[round(each, 3) for each in ratios],
        rounds_by_processor=[round(each, 3) for each in by_processor],
    )


def _told(ratios: Sequence[float]) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=200_000, help="per scenario and round")
    parser.add_argument("--only", default="", help="only lines whose name holds this")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--lanes", type=int, default=2, help="batches in flight per process")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
