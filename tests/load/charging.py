"""Measures how fast the wallet applies charges: one scenario, one fresh database, some workers."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, NamedTuple

import charger
import meters
import msgspec
import reverser
from report import Figure, percentile
from stacks import say

from chassis.db import Pool
from chassis.testing.databases import migrated
from local_stack import paths
from local_stack.processes import base_environment
from local_stack.stack import Stack
from wallet.commands.publish_price_book import publish_price_book
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.domain.caps import CapRow, CapTable, CapTerms
from wallet.domain.limits import SpendPolicy
from wallet.testing.buying import first_price_books

_FILL = (Path(__file__).parent / "fill_wallets.sql").read_text()
_SELL = (Path(__file__).parent / "fill_purchases.sql").read_text()
_LIMIT = (Path(__file__).parent / "fill_limits.sql").read_text()
_EVERYBODY = CapTerms(charge_coins=10**13, day_coins=10**13, week_coins=10**13)
_POLICY = SpendPolicy(
    version=1,
    effective_from=datetime(2026, 1, 1, tzinfo=UTC),
    raise_after_hours=24,
    remove_after_hours=168,
    caps=CapTable(
        rows=(
            CapRow(regions=("KR",), **msgspec.structs.asdict(_EVERYBODY)),
            CapRow(**msgspec.structs.asdict(_EVERYBODY)),
        ),
        unknown=_EVERYBODY,
    ),
)
"""Everybody is under caps, which nobody reaches however much a scenario lets them spend."""
_WARM_UP = 0.2
"""Of the time that all are at work: it does not count as steady."""
_SAME_GROUP_S = 0.01
"""Payments that were taken back by one commit are told of within this."""
_SIZE = "SELECT pg_database_size(current_database())"
_LAST_POSTED = "SELECT count(*) FROM movement WHERE kind = 'charge'"


class Scenario(NamedTuple):
    """Who is charged, and for what."""

    name: str
    viewers: int
    charges: int
    """All workers together."""
    warm: bool = True
    payers: tuple[str, ...] | None = None
    creators: int = 1_000
    unaffordable: float = 0.0
    repeated: float = 0.0
    limited: bool = False
    """Every payer has limits on what they spend: a day, a week, a day on one creator."""
    reversed: float = 0.0
    """A payment is taken back for this share of the charges, at the same time."""


class Workers(NamedTuple):
    """Among whom the partitions are split."""

    processes: int
    lanes: int
    """Batches that a process has in flight."""


class Measured(NamedTuple):
    """One run of a scenario."""

    per_s: float
    """From the first charge to the last of all that was to be done."""
    steady_per_s: float
    """While everybody was at work: see `_steady_per_s`."""
    batch_p50_ms: float
    batch_p99_ms: float
    python_us: float
    """Processor time per charge, of the workers."""
    postgres_us: float
    """And of PostgreSQL, its background processes included."""
    bytes_per_charge: float
    resident_mb: float
    """Of the largest worker, its records (which a real one would not hold) included."""
    checker: Literal["clean", "breach"]


def run(stack: Stack, scenario: Scenario, workers: Workers) -> Measured:
    """Fill wallets, apply the charges, check the books."""
    return asyncio.run(_run(stack, scenario, workers))


async def _run(stack: Stack, scenario: Scenario, workers: Workers) -> Measured:
    async with migrated(stack.addresses.postgres_dsn, "wallet.migrations") as database:
        await _fill(database.pool, scenario)
        before = await database.pool.fetchval(_SIZE)
        done, taken_back, postgres_s = _apply(stack, database.dsn, scenario, workers)
        written = await database.pool.fetchval(_LAST_POSTED)
        grown = await database.pool.fetchval(_SIZE) - before
        checker = _verdict(database.dsn)
    charges = sum(each.charges for each in done)
    began_at = min(each.began_at for each in done)
    # What is taken back at the same time has to be done as well.
    ended_at = max(each.ended_at for each in [*done, *taken_back])
    seconds = ended_at - began_at
    batches = [ms for each in done for ms in each.batches_ms]
    python_s = sum(each.processor_s for each in [*done, *taken_back])
    return Measured(
        per_s=charges / seconds,
        steady_per_s=_steady_per_s(done, taken_back, scenario.reversed),
        batch_p50_ms=percentile(batches, 50),
        batch_p99_ms=percentile(batches, 99),
        python_us=python_s / charges * 1e6,
        postgres_us=postgres_s / charges * 1e6,
        bytes_per_charge=grown / written,
        resident_mb=max(each.resident_mb for each in done),
        checker=checker,
    )


def _steady_per_s(
    done: Sequence[charger.Done], taken_back: Sequence[reverser.Done], reversed_share: float
) -> float:
    """Charges per second once everything has begun and before anything has ended.

    Where payments are taken back the time begins and ends as some of them were, so that both are
    counted over the same. If fewer were than the share says, as many fewer charges count.
    """
    at_work = [each for each in done if each.charges]
    began_at = max(each.began_at for each in at_work)
    until = min(each.ended_at for each in at_work)
    since = began_at + (until - began_at) * _WARM_UP
    booked: list[float] = []
    if reversed_share:
        booked = [
            moment for each in taken_back for moment in each.booked_at if since <= moment <= until
        ]
        since, until = min(booked), max(booked)
    charges = sum(
        count for each in at_work for moment, count in each.applied if since < moment <= until
    )
    if reversed_share:
        # Those at the very beginning were booked before it.
        reversals = sum(1 for moment in booked if moment > since + _SAME_GROUP_S)
        charges = min(charges, reversals / reversed_share)
    return charges / (until - since)


async def _fill(pool: Pool, scenario: Scenario) -> None:
    async with pool.acquire() as conn:
        await conn.execute("SELECT set_config('bench.viewers', $1, false)", str(scenario.viewers))
        await conn.execute(_FILL)
        await publish_spend_policy(conn, [_POLICY])
        await publish_price_book(conn, first_price_books())
        if scenario.limited:
            await conn.execute(_LIMIT)
        if scenario.reversed:
            await conn.execute(_SELL)
        # As a wallet that has been in use for a while: no dead rows, statistics at hand.
        await conn.execute("VACUUM ANALYZE")
        await conn.execute("CHECKPOINT")


def _apply(
    stack: Stack, dsn: str, scenario: Scenario, workers: Workers
) -> tuple[Sequence[charger.Done], Sequence[reverser.Done], float]:
    """What the workers tell, and who takes back, and PostgreSQL's processor time in seconds."""
    postgres = {"postgres": stack.pid("postgres")}
    jobs: list[charger.Job | reverser.Job] = [
        _charges(dsn, scenario, workers, number) for number in range(workers.processes)
    ]
    if scenario.reversed:
        refunds = int(scenario.charges * scenario.reversed)
        jobs.append(reverser.Job(dsn, refunds, round(1 / scenario.reversed)))
    running: list[subprocess.Popen[str]] = []
    try:
        # One after another: who takes back counts from what is charged by then.
        for job in jobs:
            running.append(_start(job))
            ready = _pipe(running[-1].stdout).readline()
            assert ready == "ready\n", "a worker did not come up: see its traceback above"
        before = meters.processor_s(postgres)
        for process in running:
            _pipe(process.stdin).write("go\n")
            _pipe(process.stdin).flush()
        told = [_pipe(each.stdout).readline() for each in running]
        spent = meters.spent(before, meters.processor_s(postgres))
    finally:
        for process in running:
            _pipe(process.stdin).close()
            process.wait(timeout=30)
    done = [msgspec.json.decode(each, type=charger.Done) for each in told[: workers.processes]]
    taken = [msgspec.json.decode(each, type=reverser.Done) for each in told[workers.processes :]]
    return done, taken, spent["postgres"]


def _charges(dsn: str, scenario: Scenario, workers: Workers, number: int) -> charger.Job:
    # Whoever has no payers has nothing to do: then the others make all the charges.
    return charger.Job(
        dsn=dsn,
        worker=number,
        workers=workers.processes,
        lanes=workers.lanes,
        viewers=scenario.viewers,
        charges=scenario.charges // workers.processes,
        warm=scenario.warm,
        payers=None if scenario.payers is None else list(scenario.payers),
        creators=scenario.creators,
        unaffordable=scenario.unaffordable,
        repeated=scenario.repeated,
    )


def _start(job: charger.Job | reverser.Job) -> "subprocess.Popen[str]":
    program = charger if isinstance(job, charger.Job) else reverser
    process = subprocess.Popen(
        [sys.executable, str(program.__file__)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    _pipe(process.stdin).write(msgspec.json.encode(job).decode() + "\n")
    _pipe(process.stdin).flush()
    return process


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _verdict(dsn: str) -> Literal["clean", "breach"]:
    """What the invariant checker says of the wallet's books alone."""
    command = [sys.executable, "-m", "checker", "--only", "wallet", "--wallet-dsn", dsn]
    done = subprocess.run(
        command,
        cwd=paths.REPOSITORY,
        env=base_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        say(done.stdout + done.stderr)
    return "clean" if done.returncode == 0 else "breach"


def median(runs: Sequence[Measured]) -> Measured:
    """The run in the middle by speed; a breach in any of them counts."""
    middle = sorted(runs, key=lambda each: each.per_s)[len(runs) // 2]
    breach = any(each.checker == "breach" for each in runs)
    return middle._replace(checker="breach" if breach else "clean")


def figure(scenario: Scenario, workers: Workers, measured: Measured, **more: object) -> Figure:
    """The line of a scenario."""
    return Figure(
        name=scenario.name,
        value=measured.per_s,
        unit="charges/s",
        p50_ms=measured.batch_p50_ms,
        p99_ms=measured.batch_p99_ms,
        cpu_us_per_item=measured.python_us + measured.postgres_us,
        bytes_per_item=measured.bytes_per_charge,
        checker=measured.checker,
        settings={
            "scenario": scenario._asdict(),
            "worker_processes": workers.processes,
            "lanes_per_process": workers.lanes,
            "python_us_per_charge": round(measured.python_us, 2),
            "postgres_us_per_charge": round(measured.postgres_us, 2),
            "steady_per_s": round(measured.steady_per_s),
            "worker_resident_mb": round(measured.resident_mb, 1),
            "postgresql": "fsync on, synchronous_commit on",
            **more,
        },
    )
