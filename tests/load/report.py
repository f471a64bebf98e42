"""What a benchmark says in the end: a table for people and `.local/bench/pN.json` for programs."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from local_stack import paths
from local_stack.tables import table

type Verdict = Literal["clean", "breach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. What was not measured is None."""

    name: str
    value: float
    unit: str
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us_per_item: float | None = None
    """Processor time of everything that took part, the load generator apart."""
    bytes_per_item: float | None = None
    """On disk in PostgreSQL, indexes included."""
    checker: Verdict
    """The invariant checker's verdict: a figure of a run that is not clean does not count."""
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    """How it was measured, and what else was seen."""


def publish(benchmark: str, headline: Figure, *others: Figure) -> int:
    """Print the figures, write them to `.local/bench/<benchmark>.json`; returns the exit status.

    Args:
        benchmark: Such as `p3`.
        headline: The figure that the bar is for.
        others: Further lines of the same run.
    """
    figures = (headline, *others)
    print(f"\n{table(f'Benchmark {benchmark.upper()}', _HEAD, [_row(each) for each in figures])}")
    print(f"  books: {headline.checker}")
    folder = paths.LOCAL / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{benchmark}.json"
    document = asdict(headline) | {"lines": [asdict(each) for each in others]}
    file.write_text(json.dumps(document, indent=2, default=str) + "\n")
    print(f"  written to {file}", flush=True)
    return 0 if all(each.checker == "clean" for each in figures) else 1


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed."""
    assert values, "nothing was measured"
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


_HEAD = ("figure", "value", "unit", "p50 ms", "p99 ms", "CPU µs/item", "bytes/item")


def _row(figure: Figure) -> Sequence[object]:
    return (
        figure.name,
        _number(figure.value),
        figure.unit,
        _number(figure.p50_ms),
        _number(figure.p99_ms),
        _number(figure.cpu_us_per_item),
        _number(figure.bytes_per_item),
    )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
