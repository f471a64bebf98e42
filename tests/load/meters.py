"""What a stack's processes use: processor time and memory, by process, children included."""

import os
from collections.abc import Mapping
from pathlib import Path

import psutil

type ByProcess = Mapping[str, float]


def processor_s(pids: Mapping[str, int]) -> dict[str, float]:
    """Seconds of processor time that each process and its children have used so far.

    Children that have ended count, once their parent has waited for them; so PostgreSQL's is whole
    although sessions come and go.
    """
    return {name: _family_processor_s(pid) for name, pid in pids.items()}


def spent(before: ByProcess, after: ByProcess) -> dict[str, float]:
    """The seconds used between two readings."""
    return {name: after[name] - before[name] for name in after}


def memory_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Megabytes that each process and its children occupy, shared pages split between the sharers.

    The sum over processes is then what they occupy together.
    """
    return {name: sum(map(_proportional_mb, _family(pid))) for name, pid in pids.items()}


def resident_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Megabytes that each process alone has in memory, shared pages counted in full."""
    return {name: psutil.Process(pid).memory_info().rss / 1e6 for name, pid in pids.items()}


def folder_bytes(folder: Path) -> int:
    """What the files below a folder hold; one that goes meanwhile counts nothing."""
    total = 0
    for path, _, files in os.walk(folder):
        for file in files:
            try:
                total += (Path(path) / file).stat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _family_processor_s(pid: int) -> float:
    total = 0.0
    for process in _family(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _proportional_mb(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss / 1e6
    except psutil.NoSuchProcess:
        return 0.0
