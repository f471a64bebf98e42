"""T13: the whole stack at 70 % of its load for long, while one thing after another goes wrong.

Viewers give to videos and into live rooms that are on screens, undo some gifts, buy coins and get
some money back, all by way of the gateway. A closed loop finds what the machine carries of that
mix; then 70 % of it is offered at a fixed rate. Troubles (T5 to T8) are drawn from a seed, which
is printed: processes of ours are killed; PostgreSQL is restarted, ends sessions or holds a lock;
Kafka is killed; a link between a service and its database or broker is slow, cut or frozen. Each
must be recovered from before the next. In the last third nothing of ours is killed, so that each
process has a life that is long enough to be judged by; `support.growth` says how, and why
by that bound.

Fails where a gift is lost, made twice or wrongly charged, a screen does not end with the ledger's
totals, something is not recovered from, the memory of a Python process or the sessions with
PostgreSQL grow, or the books are not clean.
"""

import argparse
import secrets
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import uvloop
from account import Accounts, account
from report import Figure, Verdict, percentile, publish
from soaking import LOAD, Soaked, soak
from stacks import SETTINGS, say, verdict

from local_stack import programs
from local_stack.databases import SERVICES
from local_stack.stack import private_stack
from local_stack.tables import table
from support.growth import GROWTH_MAX_MB, Life

_HUB_KEEPS_S = 120
"""Of frames: with the five minutes of production its memory would still fill while it is judged,
and no screen is away for as long here."""
_LIFE_SHARE_MIN = 0.3
"""Of the time: so long a life each process must have had."""
_SESSIONS_MAX = 2 * len(SERVICES) * (10 + 2)
"""With PostgreSQL: pools grow up to 10 as they are needed, and who listens has sessions besides."""
_NOT_PYTHON = (*programs.SERVERS, "gateway")
"""Shown, and not judged: their own limits bound them (`-Xmx`, `--max-old-space-size`)."""


def main() -> int:
    """Run the soak; returns the exit status."""
    options = _options()
    say(f"seed {options.seed}: --seed {options.seed} brings the same troubles again")
    settings = {**SETTINGS, "LIVE_HUB_KEPT_S": str(_HUB_KEEPS_S)}
    with private_stack(durable=True, settings=settings, say=_say) as stack:
        soaked = uvloop.run(soak(stack, options))
        checker = verdict(stack)
        coins = {**soaked.coins, **soaked.shopping.bought}
        accounts = uvloop.run(account(stack, soaked.steady.given, coins))
    lives = soaked.watchman.memory.longest_lives()
    _show_lives(lives)
    problems = [
        *(f"{name}: {count}" for name, count in accounts._asdict().items() if count),
        *_unlived(lives, options),
        *_grown(lives, options.life_min),
        *_sessions_grown(soaked),
    ]
    status = publish(
        "soak",
        _headline(soaked, accounts, problems, checker, options),
        *_latencies(soaked, checker),
        *_recoveries(soaked, checker),
        *_memory(lives, checker),
    )
    for problem in problems:
        print(f"  not so: {problem}")
    if not _is_judged(options):
        print("  memory: shown, not judged; so short a run is all warm-up")
    return status or int(bool(problems))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=1_200.0, help="at 70 %% of the load")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--rate", type=float, help="gifts per second, instead of finding it")
    parser.add_argument("--warm-up", type=float, default=20.0, help="seconds")
    parser.add_argument("--calibration", type=float, default=20.0, help="seconds")
    parser.add_argument("--callers", type=int, default=64, help="in the closed loop")
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--creators", type=int, default=100)
    parser.add_argument(
        "--life-min", type=float, default=240.0, help="seconds: of a life whose memory is judged"
    )
    parser.add_argument("--rooms", type=int, default=3, help="open at a time")
    parser.add_argument("--room-seconds", type=float, default=45.0, help="each is open for")
    return parser.parse_args()


def _say(line: str) -> None:
    # Who was killed is said together with what came of it.
    if "starting it again" not in line:
        say(line)


def _is_judged(options: argparse.Namespace) -> bool:
    """Whether so short a run says anything of memory."""
    return _LIFE_SHARE_MIN * options.seconds >= options.life_min


def _unlived(lives: Mapping[str, Life], options: argparse.Namespace) -> Sequence[str]:
    if not _is_judged(options):
        return []
    return [
        f"{name} had no life of {_LIFE_SHARE_MIN:.0%} of the time, so nobody can say if it grows"
        for name in programs.PROGRAMS
        if name not in lives or lives[name].lasted_s < _LIFE_SHARE_MIN * options.seconds
    ]


def _grown(lives: Mapping[str, Life], life_min_s: float) -> Sequence[str]:
    return [
        f"{name} grew by {life.grown_mb:.1f} MB; {GROWTH_MAX_MB:g} MB are allowed"
        for name, life in lives.items()
        if name not in _NOT_PYTHON and life.lasted_s >= life_min_s and life.grown_mb > GROWTH_MAX_MB
    ]


def _quarters_of_sessions(soaked: Soaked) -> tuple[float, float]:
    """The medians of the second quarter and of the last."""
    counts = soaked.watchman.sessions
    quarter = len(counts) // 4
    return statistics.median(counts[quarter : 2 * quarter]), statistics.median(counts[-quarter:])


def _sessions_grown(soaked: Soaked) -> Sequence[str]:
    _, last = _quarters_of_sessions(soaked)
    if last <= _SESSIONS_MAX:
        return []
    return [f"{last:g} sessions with PostgreSQL at the end; {_SESSIONS_MAX} are allowed"]


def _headline(
    soaked: Soaked,
    accounts: Accounts,
    problems: Sequence[str],
    checker: Verdict,
    options: argparse.Namespace,
) -> Figure:
    quiet, troubled = soaked.latencies_ms()
    every = [*quiet, *troubled]
    outcomes = Counter(soaked.steady.given.outcomes.values())
    return Figure(
        name=f"gifts settled at {LOAD:.0%} of the load, troubles and all",
        value=len(every) / soaked.seconds,
        unit="gifts/s",
        p50_ms=percentile(every, 50),
        p99_ms=percentile(every, 99),
        checker=checker,
        settings={
            "bar": "0 lost, 0 doubled, memory flat, books clean",
            "not_so": list(problems),
            "seed": options.seed,
            "seconds": soaked.seconds,
            "carried_per_s_in_a_closed_loop": soaked.carried_per_s
            and round(soaked.carried_per_s, 1),
            "offered_per_s": round(soaked.rate, 1),
            "gifts": dict(outcomes),
            "account": accounts._asdict(),
            "requests_repeated": soaked.asking.repeats,
            "troubles": len(soaked.recovered),
            "rooms": soaked.shows.rooms,
            "screens_cut_off_and_back": soaked.shows.returns,
            "purchases": len(soaked.shopping.bought),
            "refunds": soaked.shopping.refunds,
            "postgres_sessions_max": max(soaked.watchman.sessions),
            "postgres_sessions_second_and_last_quarter": _quarters_of_sessions(soaked),
            "memory_is_judged": _is_judged(options),
            "growth_max_mb": GROWTH_MAX_MB,
            "memory_peaks_mb": {
                name: round(mb, 1) for name, mb in soaked.watchman.memory.peaks_mb().items()
            },
            "stack_settings": dict(SETTINGS),
        },
    )


def _latencies(soaked: Soaked, checker: Verdict) -> Sequence[Figure]:
    quiet, troubled = soaked.latencies_ms()
    named = {
        "gifts while nothing was wrong": quiet,
        "gifts while something was, or was caught up with": troubled,
    }
    return [
        Figure(
            name=name,
            value=len(latencies_ms),
            unit="gifts",
            p50_ms=percentile(latencies_ms, 50),
            p99_ms=percentile(latencies_ms, 99),
            checker=checker,
        )
        for name, latencies_ms in named.items()
        if latencies_ms
    ]


def _recoveries(soaked: Soaked, checker: Verdict) -> Sequence[Figure]:
    by_kind: dict[str, list[float]] = defaultdict(list)
    for each in soaked.recovered:
        by_kind[each.trouble.kind].append(each.recovery_s)
    return [
        Figure(
            name=f"{kind}, {len(times)} times: median recovery (longest {max(times):.2f})",
            value=statistics.median(times),
            unit="s",
            checker=checker,
            settings={
                "victims": dict(
                    Counter(r.trouble.victim for r in soaked.recovered if r.trouble.kind == kind)
                ),
                "recovery_s": [round(time_s, 3) for time_s in times],
            },
        )
        for kind, times in by_kind.items()
    ]


def _memory(lives: Mapping[str, Life], checker: Verdict) -> Sequence[Figure]:
    return [
        Figure(
            name=f"{name} grew, in a life of {life.lasted_s:,.0f} s",
            value=life.grown_mb,
            unit="MB",
            checker=checker,
            settings={
                "judged": name not in _NOT_PYTHON,
                "mb_at_begin": round(life.mb_begin, 1),
                "mb_in_the_middle": round(life.mb_middle, 1),
                "mb_at_end": round(life.mb_end, 1),
                "mb_per_hour": round(life.mb_per_h, 2),
            },
        )
        for name, life in sorted(lives.items())
    ]


def _show_lives(lives: Mapping[str, Life]) -> None:
    rows = [
        (
            name,
            round(life.lasted_s),
            *(f"{mb:.1f}" for mb in (life.mb_begin, life.mb_middle, life.mb_end)),
            f"{life.mb_per_h:+.1f}",
            f"{life.grown_mb:+.1f}",
        )
        for name, life in sorted(lives.items())
    ]
    head = ("process", "life s", "MB begin", "middle", "end", "MB/h", "grown MB")
    print(f"\n{table('Memory, longest life of each', head, rows)}")


if __name__ == "__main__":
    sys.exit(main())
