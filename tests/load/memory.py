"""Memory: what the whole local stack occupies at rest."""

import sys
import time
from collections.abc import Mapping

import meters
from report import Figure, Verdict, publish
from stacks import measured_stack, pids, say, verdict

from local_stack.stack import Stack
from local_stack.tables import table

REST_S = 10.0


def main() -> int:
    """Run the benchmark; returns the exit status."""
    with measured_stack() as stack:
        measured = at_rest(stack)
        checker = verdict(stack)
    return publish("memory", figure(measured, checker))


def at_rest(stack: Stack) -> dict[str, float]:
    """Megabytes per process, shared pages split between the sharers, after a while of rest."""
    say(f"letting the stack rest for {REST_S:g} s")
    time.sleep(REST_S)
    measured = meters.memory_mb(pids(stack))
    print(table("Memory at rest, MB", ("process", "MB"), sorted(measured.items())))
    return measured


def figure(measured: Mapping[str, float], checker: Verdict) -> Figure:
    """The sum, with its parts."""
    return Figure(
        name="memory of the whole stack at rest",
        value=sum(measured.values()) / 1e3,
        unit="GB",
        checker=checker,
        settings={
            "bar": 2.5,
            "mb_by_process": {name: round(mb, 1) for name, mb in measured.items()},
        },
    )


if __name__ == "__main__":
    sys.exit(main())
