"""Whether memory is flat: what processes occupy over time, and what that says.

A *life* is a process from its start to its end; one that is killed begins another. Where a life is
long enough, its samples are split into quarters by time. The first one is warm-up: code is loaded,
pools and caches fill, batches find their size. What it has *grown* by is the lesser of two figures
for the time from the second quarter's middle to the last one's:

* the median of the last quarter less the median of the second;
* the slope by Theil and Sen (the median of the slopes between all pairs of samples) of all but the
  first quarter, over that time.

So a life must be long enough for its first quarter to hold the warm-up. The gifts api's takes some
ten thousand gifts: under 256 callers it went from 110 to 163 MB in that time, and stayed there.

Neither figure heeds single samples, and the lesser of both does not heed a single step near either
end of a life, which is what a backlog after an outage leaves: the arenas that it filled are kept
and used again. A step in the middle of a life counts in full: it could as well be the first of
many. Whatever loses something per gift, per request or per fault goes on to grow and shows in both.

The bound on it is absolute, since so little time says nothing of a day. It is what a leak of an
object of about 150 bytes per gift comes to: of 300 gifts per second, over the 200 s which lie
between those quarters in the shortest life that 20 minutes leave to every process.
"""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

GROWTH_MAX_MB = 8.0
_SAMPLES_MAX = 300
"""Of a life: all pairs of more would take long and say no more."""
_SAMPLES_MIN = 12


class Sample(NamedTuple):
    """What a process occupied."""

    at_s: float
    mb: float


class Life(NamedTuple):
    """What a life has shown."""

    name: str
    pid: int
    began_s: float
    lasted_s: float
    mb_begin: float
    """Medians of its first quarter, of the middle half, and of the last quarter."""
    mb_middle: float
    mb_end: float
    mb_per_h: float
    grown_mb: float


class Memory:
    """Collects samples by process."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, int], list[Sample]] = defaultdict(list)

    def add(self, name: str, pid: int, sample: Sample) -> None:
        """Note a sample."""
        self._samples[name, pid].append(sample)

    def longest_lives(self) -> Mapping[str, Life]:
        """Of each process that has lived long enough for any figure."""
        longest: dict[str, Life] = {}
        for (name, pid), samples in self._samples.items():
            if len(samples) < _SAMPLES_MIN:
                continue
            life = life_of(name, pid, samples)
            if name not in longest or life.lasted_s > longest[name].lasted_s:
                longest[name] = life
        return longest

    def newest_mb(self) -> Mapping[str, float]:
        """What each process occupied when it was last looked at."""
        newest: dict[str, Sample] = {}
        for (name, _), samples in self._samples.items():
            if name not in newest or newest[name].at_s < samples[-1].at_s:
                newest[name] = samples[-1]
        return {name: sample.mb for name, sample in newest.items()}

    def peaks_mb(self) -> Mapping[str, float]:
        """The most that each process has occupied in any life."""
        peaks: dict[str, float] = {}
        for (name, _), samples in self._samples.items():
            peaks[name] = max(peaks.get(name, 0.0), *(sample.mb for sample in samples))
        return peaks


def life_of(name: str, pid: int, samples: Sequence[Sample]) -> Life:
    """Judge a life by its samples, which are in order of time."""
    began_s, lasted_s = samples[0].at_s, samples[-1].at_s - samples[0].at_s
    quarters = _quarters(samples, began_s, lasted_s)
    medians = [statistics.median(each.mb for each in quarter) for quarter in quarters]
    slope = theil_sen(_thin([sample for quarter in quarters[1:] for sample in quarter]))
    return Life(
        name,
        pid,
        began_s,
        lasted_s,
        mb_begin=medians[0],
        mb_middle=statistics.median(each.mb for each in (*quarters[1], *quarters[2])),
        mb_end=medians[3],
        mb_per_h=slope * 3_600,
        grown_mb=min(medians[3] - medians[1], slope * lasted_s / 2),
    )


def theil_sen(samples: Sequence[Sample]) -> float:
    """MB per second: the median of the slopes between all pairs."""
    return statistics.median(
        (late.mb - early.mb) / (late.at_s - early.at_s)
        for early, late in combinations(samples, 2)
        if late.at_s > early.at_s
    )


def _quarters(samples: Sequence[Sample], began_s: float, lasted_s: float) -> list[list[Sample]]:
    quarters: list[list[Sample]] = [[], [], [], []]
    for sample in samples:
        quarters[min(3, int(4 * (sample.at_s - began_s) / lasted_s))].append(sample)
    return [quarter or [samples[-1]] for quarter in quarters]


def _thin(samples: Sequence[Sample]) -> Sequence[Sample]:
    step = -(-len(samples) // _SAMPLES_MAX)
    return samples[::step]
