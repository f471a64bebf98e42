"""Puts a load on a gateway and reads, over the same time, what the stack's processes use."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import meters
import msgspec
from callers import Caller, Load, Result
from report import percentile


class Measured(NamedTuple):
    """One run of the load generator."""

    per_s: float
    """Right answers per second."""
    p50_ms: float
    p99_ms: float
    failures: int
    examples: Sequence[str]
    cpu_us: Mapping[str, float]
    """Per right answer, by process of the stack."""
    generator_cpu_us: float
    """Per right answer; not part of `cpu_us`."""

    @property
    def total_cpu_us(self) -> float:
        """Per right answer, of the whole stack."""
        return sum(self.cpu_us.values())

    def settings(self) -> dict[str, object]:
        """What belongs into a figure's settings."""
        return {
            "failures": self.failures,
            "cpu_us_by_process": {name: round(us, 1) for name, us in self.cpu_us.items()},
            "load_generator_cpu_us": round(self.generator_cpu_us, 1),
        }


def drive(
    url: str,
    callers: Sequence[Caller],
    pids: Mapping[str, int],
    *,
    expected: str,
    seconds: float,
    warm_up_s: float = 2.0,
    rate: float | None = None,
) -> Measured:
    """Run the load generator and wait for its end.

    Args:
        url: The gateway's GraphQL address.
        callers: Who asks, and what.
        pids: The processes whose use is read.
        expected: Is found in every right answer.
        seconds: How long to measure.
        warm_up_s: How long to run before.
        rate: Requests per second in an open loop; None for a closed loop of all callers.
    """
    with TemporaryDirectory(prefix="largesse-bench-") as folder:
        results = Path(folder) / "result.json"
        load = Load(url, list(callers), expected, rate, warm_up_s, seconds, str(results))
        command = [sys.executable, str(Path(__file__).with_name("callers.py"))]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(msgspec.json.encode(load).decode())
            process.stdin.close()
            before = _reading_at(process.stdout.readline(), "begin", pids)
            after = _reading_at(process.stdout.readline(), "end", pids)
        result = msgspec.json.decode(results.read_bytes(), type=Result)
    right = len(result.latencies_ms)
    assert right > 0, f"no right answer: {result.examples}"
    return Measured(
        per_s=right / seconds,
        p50_ms=percentile(result.latencies_ms, 50),
        p99_ms=percentile(result.latencies_ms, 99),
        failures=result.failures,
        examples=result.examples,
        cpu_us={name: s / right * 1e6 for name, s in meters.spent(before, after).items()},
        generator_cpu_us=result.processor_s / right * 1e6,
    )


def _reading_at(line: str, mark: str, pids: Mapping[str, int]) -> Mapping[str, float]:
    assert line.strip() == mark, "the load generator ended early: see its error above"
    return meters.processor_s(pids)
