"""P3: gifts through the three services, from the request to the accrual, sustained.

Then, in turns, since what counts is their ratio: the same to videos, to live rooms of which every
creator has one, without frames, and to the rooms with frames and the hub that reads them.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import asyncpg
import meters
import msgspec
from flowing import Flow, flowing
from funding import fund
from giving import Giving, close_rooms, open_rooms, open_to_gifts, people
from injector import Fed
from report import Figure, Verdict, percentile, publish
from stacks import TRACE_SAMPLE_RATIO, measured_stack, pids, python_pids, say, verdict

from chassis.db import Pool, open_pool
from local_stack.stack import Stack
from local_stack.tables import table

_PROCESSES = ("trace-store", "wallet-worker", "gifts-worker", "payouts-worker")
_DATABASES = ("wallet", "gifts", "payouts")


class _Reading(NamedTuple):
    processor_s: Mapping[str, float]
    memory_mb: Mapping[str, float]

    @classmethod
    def now(cls, stack: Stack, flow: Flow) -> "_Reading":
        measured = pids(stack) | {"injector": flow.pid}
        return cls(meters.processor_s(measured), meters.resident_mb(python_pids(stack)))


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    with measured_stack(*_PROCESSES) as stack:
        giving = asyncio.run(_prepare(stack, options))
        disk_before = asyncio.run(_disk_bytes(stack))
        run = asyncio.run(_feed(stack, giving, options, options.seconds))
        fed, before, after = run
        disk = asyncio.run(_disk_bytes(stack))
        turns = [_turn(stack, giving, options) for _ in range(options.turns)]
        checker = verdict(stack)
    cpu_us = run.cpu_us
    _show_processes(cpu_us, before, after)
    disk_per_gift = {name: (disk[name] - disk_before[name]) / fed.total for name in disk}
    return publish(
        "p3",
        Figure(
            name="gifts accrued, three services",
            value=run.per_s,
            unit="gifts/s",
            p50_ms=percentile(fed.latencies_ms, 50),
            p99_ms=percentile(fed.latencies_ms, 99),
            cpu_us_per_item=sum(cpu_us.values()),
            bytes_per_item=sum(disk_per_gift[name] for name in _DATABASES),
            checker=checker,
            settings={
                "bar": 4_000,
                "goal": 10_000,
                "seconds": round(fed.seconds, 2),
                "viewers": options.viewers,
                "creators": options.creators,
                "star_share": options.star_share,
                "gifts_per_request_transaction": options.group,
                "backlog_max": options.backlog,
                "backlog_at_begin": fed.backlog_at_begin,
                "backlog_at_end": fed.backlog_at_end,
                "gifts_total": fed.total,
                "latency_samples": len(fed.latencies_ms),
                "trace_sample_ratio": TRACE_SAMPLE_RATIO,
                "cpu_us_per_gift": _rounded(cpu_us),
                "resident_mb_at_begin": _rounded(before.memory_mb),
                "resident_mb_at_end": _rounded(after.memory_mb),
                "bytes_per_gift": _rounded(disk_per_gift),
                "fsync": "on",
                "synchronous_commit": "on",
                "acks": "all",
            },
        ),
        *([_with_frames(turns, options, checker), _in_rooms(turns, checker)] if turns else []),
    )


class _Run(NamedTuple):
    """What was measured in one go."""

    fed: Fed
    before: _Reading
    after: _Reading

    @property
    def per_s(self) -> float:
        """Gifts accrued per second."""
        return self.fed.accrued / self.fed.seconds

    @property
    def cpu_us(self) -> Mapping[str, float]:
        """Per gift accrued, by process."""
        used = meters.spent(self.before.processor_s, self.after.processor_s)
        return {name: s / self.fed.accrued * 1e6 for name, s in used.items()}


class _Turn(NamedTuple):
    """The same gifts to the same creators."""

    videos: _Run
    silent: _Run
    """In live rooms without frames."""
    rooms: _Run
    """In live rooms with frames, which the hub reads."""


def _turn(stack: Stack, giving: Giving, options: argparse.Namespace) -> _Turn:
    videos = asyncio.run(_feed(stack, giving, options, options.turn_seconds))
    _set_frames(stack, on=False)
    silent = _feed_rooms(stack, giving, options)
    _set_frames(stack, on=True)
    stack.start("live-hub")
    rooms = _feed_rooms(stack, giving, options)
    stack.stop("live-hub")
    turn = _Turn(videos, silent, rooms)
    per_s = ", ".join(f"{run.per_s:,.0f}" for run in turn)
    say(f"gifts/s to videos, to rooms without frames, with frames: {per_s}")
    return turn


def _set_frames(stack: Stack, *, on: bool) -> None:
    stack.stop("gifts-worker")
    stack.configure({"GIFTS_LIVE_FRAMES": str(on)})
    stack.start("gifts-worker")


def _feed_rooms(stack: Stack, giving: Giving, options: argparse.Namespace) -> _Run:
    rooms = asyncio.run(_with_gifts(stack, lambda pool: open_rooms(pool, giving.creators)))
    in_rooms = msgspec.structs.replace(giving, rooms=rooms)
    run = asyncio.run(_feed(stack, in_rooms, options, options.turn_seconds))
    asyncio.run(_with_gifts(stack, lambda pool: close_rooms(pool, rooms)))
    return run


def _with_frames(turns: Sequence[_Turn], options: argparse.Namespace, checker: Verdict) -> Figure:
    latencies_ms = [latency for turn in turns for latency in turn.rooms.fed.latencies_ms]
    return Figure(
        name="in live rooms with frames, as a share of that without",
        value=statistics.median(turn.rooms.per_s / turn.silent.per_s for turn in turns),
        unit="×",
        p50_ms=percentile(latencies_ms, 50),
        p99_ms=percentile(latencies_ms, 99),
        cpu_us_per_item=statistics.median(sum(turn.rooms.cpu_us.values()) for turn in turns),
        checker=checker,
        settings={
            "bar": 0.85,
            "rooms": options.creators,
            "seconds": options.turn_seconds,
            "gifts_per_s_without": [round(turn.silent.per_s) for turn in turns],
            "gifts_per_s_with": [round(turn.rooms.per_s) for turn in turns],
            "cpu_us_per_gift_without": [_rounded(turn.silent.cpu_us) for turn in turns],
            "cpu_us_per_gift_with": [_rounded(turn.rooms.cpu_us) for turn in turns],
        },
    )


def _in_rooms(turns: Sequence[_Turn], checker: Verdict) -> Figure:
    """What rooms cost besides frames, too: totals, gifters, streaks and trains of each."""
    return Figure(
        name="in live rooms with frames, as a share of that to videos",
        value=statistics.median(turn.rooms.per_s / turn.videos.per_s for turn in turns),
        unit="×",
        cpu_us_per_item=statistics.median(sum(turn.videos.cpu_us.values()) for turn in turns),
        checker=checker,
        settings={
            "gifts_per_s_to_videos": [round(turn.videos.per_s) for turn in turns],
            "cpu_us_per_gift_to_videos": [_rounded(turn.videos.cpu_us) for turn in turns],
        },
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=8.0)
    parser.add_argument("--viewers", type=int, default=20_000)
    parser.add_argument("--creators", type=int, default=500)
    parser.add_argument("--coins", type=int, default=10_000, help="that each viewer has")
    parser.add_argument("--star-share", type=float, default=0.2)
    parser.add_argument("--group", type=int, default=500, help="gifts per transaction of the api")
    parser.add_argument("--backlog", type=int, default=6_000, help="gifts under way at most")
    parser.add_argument("--turns", type=int, default=3, help="to videos, to silent rooms, to rooms")
    parser.add_argument("--turn-seconds", type=float, default=15.0, help="each of the three")
    return parser.parse_args()


async def _prepare(stack: Stack, options: argparse.Namespace) -> Giving:
    giving = Giving(
        viewers=people("viewer", options.viewers),
        creators=people("creator", options.creators),
        star_share=options.star_share,
        trace_ratio=TRACE_SAMPLE_RATIO,
    )
    await _with_gifts(stack, lambda pool: open_to_gifts(pool, giving.creators))
    await fund(stack, giving.viewers, options.coins)
    return giving


async def _with_gifts[T](stack: Stack, work: Callable[[Pool], Awaitable[T]]) -> T:
    dsn = stack.addresses.database_dsn(stack.home, "gifts")
    async with await open_pool(dsn, connections_max=2, application="bench") as pool:
        return await work(pool)


async def _feed(stack: Stack, giving: Giving, options: argparse.Namespace, seconds: float) -> _Run:
    say(f"warming up {options.warm_up:g} s, then measuring {seconds:g} s")
    async with flowing(
        stack,
        giving,
        seconds=seconds,
        group_size=options.group,
        backlog_max=options.backlog,
        warm_up_s=options.warm_up,
    ) as flow:
        before = _Reading.now(stack, flow)
        await flow.reach("end")
        after = _Reading.now(stack, flow)
    return _Run(flow.fed(), before, after)


async def _disk_bytes(stack: Stack) -> dict[str, int]:
    """What is on disk: each database with its indexes, and the topics."""
    conn = await asyncpg.connect(stack.addresses.postgres_dsn)
    try:
        sizes = {
            name: await conn.fetchval("SELECT pg_database_size($1::text::name)", name)
            for name in _DATABASES
        }
    finally:
        await conn.close()
    return sizes | {"kafka": meters.folder_bytes(stack.home.data("kafka"))}


def _show_processes(cpu_us: Mapping[str, float], before: _Reading, after: _Reading) -> None:
    rows = [
        (
            name,
            us,
            *(
                f"{reading.memory_mb[name]:.1f}" if name in reading.memory_mb else "–"
                for reading in (before, after)
            ),
        )
        for name, us in sorted(cpu_us.items(), key=lambda item: -item[1])
    ]
    head = ("process", "CPU µs/gift", "MB at begin", "MB at end")
    print(f"\n{table('Processes', head, rows)}")


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in values.items()}


if __name__ == "__main__":
    sys.exit(main())
