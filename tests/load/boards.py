"""What boards cost whoever settles gifts, and how fast they are read at a million gifters.

One session settles batches as the gifts worker does, with boards and without in turns; the
scores that were withheld from boards follow afterwards, unmeasured. Then boards are read as the
gifts api reads them.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import psutil
from giving import people
from report import Figure, Verdict, percentile, publish
from stacks import measured_stack, say

from chassis import clock
from chassis.db import BY_INDEX, Conn, Pool, open_pool, transaction
from chassis.testing.databases import Database, migrated
from checker.questions import ask, questions
from checker.snapshot import snapshot
from contracts.wallet.v1 import ChargePosted
from gifts.commands.score_gifts import score_sent
from gifts.domain.board import Board, Score, ScoreKey, Span, Total, window_of
from gifts.edge.board_ranks import BoardRanks
from gifts.settings import Settings
from gifts.store.board import select_named, select_top
from gifts.testing import a_new_gift, an_order, open_shop, posted, settle, write
from gifts.testing.rooms import open_a_room

_FILL = (Path(__file__).parent / "fill_boards.sql").read_text()
_STAR = "star"
_TOP = 100
_ASKED = "boards_replay"


class Case(NamedTuple):
    """Who gives to whom."""

    name: str
    creators: Sequence[str]
    """Each has one live room."""
    senders: Sequence[str]


class Spent(NamedTuple):
    """µs of processor time per gift."""

    python_us: float
    postgres_us: float

    @property
    def all_us(self) -> float:
        """Of both."""
        return self.python_us + self.postgres_us


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    with measured_stack("postgres") as stack:
        figures = asyncio.run(_measure(stack.addresses.postgres_dsn, options))
    return publish("boards", *figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gifters", type=int, default=1_000_000, help="of the star")
    parser.add_argument("--batches", type=int, default=40, help="per case, half with boards")
    parser.add_argument("--batch", type=int, default=1_000, help="gifts settled at once")
    parser.add_argument("--reads", type=int, default=2_000, help="per figure")
    return parser.parse_args()


async def _measure(server_dsn: str, options: argparse.Namespace) -> Sequence[Figure]:
    crowd = [f"viewer-{number:07}" for number in range(1, options.gifters + 1)]
    creators = people("creator", 202)
    cases = [
        Case("one room, 20 senders", creators[:1], crowd[:20]),
        Case("one room, 1,000 senders", creators[1:2], crowd[:1_000]),
        Case("200 rooms, 1,000 senders", creators[2:], crowd[:1_000]),
        Case(f"one room, {len(crowd):,} senders", [_STAR], crowd),
    ]
    async with (
        migrated(server_dsn, Settings.migrations()) as database,
        _session(database) as worker,
    ):
        await open_shop(database.pool, _STAR, *creators)
        say(f"{len(crowd):,} gifters give {_STAR} something")
        async with transaction(database.pool) as conn:
            await conn.execute(_FILL, _STAR, len(crowd), timeout=600)
        await database.pool.execute("VACUUM (ANALYZE) board_score, gift", timeout=600)
        costs = [
            (case, *await _settle_case(database.pool, worker, case, options)) for case in cases
        ]
        reads = await _read_all(database, crowd, options)
        checker = await _verdict(database)
    return [
        *(_reading(name, seconds, checker, options) for name, seconds in reads),
        *(_settling(case, plain, full, checker, options) for case, plain, full in costs),
    ]


@asynccontextmanager
async def _session(database: Database) -> AsyncGenerator[Pool]:
    """Of one connection, so that its processor time is that of one process."""
    pool = await open_pool(
        database.dsn, connections_max=1, application="gifts-worker", settings=BY_INDEX
    )
    async with pool:
        yield pool


async def _settle_case(
    pool: Pool, worker: Pool, case: Case, options: argparse.Namespace
) -> tuple[Spent, Spent]:
    """What settling costs without boards and with them, in turns."""
    rooms = {
        creator: str((await open_a_room(pool, creator_id=creator, at=clock.now())).room_id)
        for creator in case.creators
    }
    chance = random.Random(7)
    plain: list[Spent] = []
    full: list[Spent] = []
    for turn in range(options.batches):
        gifts = [
            a_new_gift(
                an_order(
                    creator_id=creator,
                    sender_id=chance.choice(case.senders),
                    count=1,
                    quoted_price_coins=1,
                    target_kind="room",
                    target_id=rooms[creator],
                )
            )
            for creator in (chance.choice(case.creators) for _ in range(options.batch))
        ]
        await write(pool, *gifts)
        events = [posted(new.gift, posted_at=clock.now()) for new in gifts]
        if turn % 2:
            full.append(await _settle(worker, events))
        else:
            with _withheld() as scores:
                plain.append(await _settle(worker, events))
            async with transaction(pool) as conn:
                await score_sent(conn, scores)
    # The first ones pay for plans and for pages that nobody had read.
    return _mean(plain[2:]), _mean(full[2:])


@contextmanager
def _withheld() -> Generator[list[Score]]:
    """Settling hands scores to nobody but us."""
    withheld: list[Score] = []

    async def keep(_conn: Conn, scores: Sequence[Score]) -> dict[ScoreKey, Total]:
        withheld.extend(scores)
        return {}

    with patch("gifts.consumers.charge_answered.score_sent", keep):
        yield withheld


async def _settle(worker: Pool, events: Sequence[ChargePosted]) -> Spent:
    backend = psutil.Process(await worker.fetchval("SELECT pg_backend_pid()"))

    def now_s() -> tuple[float, float]:
        of_backend = backend.cpu_times()
        return time.process_time(), of_backend.user + of_backend.system

    before = now_s()
    await settle(worker, *events)
    python_s, postgres_s = [after - each for after, each in zip(now_s(), before, strict=True)]
    return Spent(python_s * 1e6 / len(events), postgres_s * 1e6 / len(events))


def _mean(spent: Sequence[Spent]) -> Spent:
    """The system counts a backend's time in hundredths of a second, so one batch says little."""
    return Spent(
        statistics.fmean(each.python_us for each in spent),
        statistics.fmean(each.postgres_us for each in spent),
    )


async def _read_all(
    database: Database, crowd: Sequence[str], options: argparse.Namespace
) -> Sequence[tuple[str, Sequence[float]]]:
    """Seconds of each read, by what was read."""
    chance = random.Random(11)
    reads: list[tuple[str, Sequence[float]]] = []
    pool = await open_pool(
        database.dsn, connections_max=2, application="gifts-api", settings=BY_INDEX
    )
    async with pool:
        ranks = BoardRanks(pool)
        for span in (Span.ALL_TIME, Span.WEEK):
            board = Board.of_creator(_STAR, window_of(span, clock.now()))

            async def top(board: Board = board) -> None:
                async with pool.acquire() as conn:
                    placed = await select_top(conn, board, limit=_TOP)
                    await select_named(conn, [each.user_id for each in placed])
                assert len(placed) == _TOP

            async def mine(board: Board = board) -> None:
                await ranks.find(board, chance.choice(crowd))

            whose = span.value.lower().replace("_", " ")
            for name, read in ((f"top {_TOP}, {whose}", top), (f"my rank, {whose}", mine)):
                seconds = [await _seconds(read) for _ in range(options.reads)]
                reads.append((name, seconds))
    return reads


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _verdict(database: Database) -> Verdict:
    """What the invariant checker says of the boards."""
    say("checking the boards")
    async with snapshot("gifts", database.dsn) as books:
        found = [await ask(books, each) for each in questions("gifts") if each.statement == _ASKED]
    [finding] = found
    say(f"{finding.compared:,} compared, {finding.wrong} wrong {finding.examples}")
    return "clean" if finding.compared and not finding.wrong else "breach"


def _reading(
    name: str, seconds: Sequence[float], checker: Verdict, options: argparse.Namespace
) -> Figure:
    return Figure(
        name=name,
        value=percentile(seconds, 50) * 1e3,
        unit="ms",
        p50_ms=percentile(seconds, 50) * 1e3,
        p99_ms=percentile(seconds, 99) * 1e3,
        checker=checker,
        settings={
            "gifters": options.gifters,
            "reads": len(seconds),
            "slowest_ms": round(max(seconds) * 1e3, 1),
        },
    )


def _settling(
    case: Case, plain: Spent, full: Spent, checker: Verdict, options: argparse.Namespace
) -> Figure:
    return Figure(
        name=f"boards per gift: {case.name}",
        value=full.all_us - plain.all_us,
        unit="µs",
        cpu_us_per_item=full.all_us,
        checker=checker,
        settings={
            "bar_us": 15,
            "batch": options.batch,
            "batches": options.batches,
            "without": {key: round(value, 1) for key, value in plain._asdict().items()},
            "with": {key: round(value, 1) for key, value in full._asdict().items()},
        },
    )


if __name__ == "__main__":
    sys.exit(main())
