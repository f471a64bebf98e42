"""The rate book grows, and never changes."""

import asyncio
import base64
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from chassis import clock
from chassis.db import transact, transaction
from chassis.testing.databases import Database
from payouts.commands.known_rates import KnownRates, NoRatesError
from payouts.commands.publish_rates import publish_rates
from payouts.domain.rates import Rate, RateRefusedError
from payouts.store.rates import select_rates
from payouts.store.terms import select_terms
from payouts.testing import a_rate

NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
NEXT = a_rate(2, NOW + timedelta(days=1), purchased=400_000)


async def publish(database: Database, *rates: Rate) -> Sequence[Rate]:
    return await transact(database.pool, lambda conn: publish_rates(conn, rates, now=NOW))


async def published(database: Database) -> Sequence[Rate]:
    async with transaction(database.pool) as conn:
        return await select_rates(conn)


async def test_publishes_what_is_new(unseeded: Database) -> None:
    """The same file again, or a longer one, adds only what is missing."""
    first = await publish(unseeded, a_rate())
    again = await publish(unseeded, a_rate())
    longer = await publish(unseeded, NEXT, a_rate())

    assert (first, again, longer) == ([a_rate()], [], [NEXT])
    assert await published(unseeded) == [a_rate(), NEXT]


async def test_published_version_cannot_be_replaced(database: Database) -> None:
    with pytest.raises(RateRefusedError, match="version 1 is published already and differs"):
        await publish(database, a_rate(purchased=499_999))

    assert await published(database) == [a_rate()]


async def test_all_or_none(database: Database) -> None:
    """A file with one bad version publishes none of it."""
    with pytest.raises(RateRefusedError, match="version 3"):
        await publish(database, NEXT, a_rate(3, NEXT.effective_from))

    assert await published(database) == [a_rate()]


async def test_publishers_take_turns(database: Database) -> None:
    """Of many who publish version 2 at once, each in other words, one wins; the rest hear of it."""
    wanted = [
        a_rate(2, NEXT.effective_from, purchased=300_000 + n)
        for n in range(database.pool.get_max_size())
    ]

    outcomes = await asyncio.gather(
        *(publish(database, rate) for rate in wanted), return_exceptions=True
    )

    assert sum(isinstance(outcome, RateRefusedError) for outcome in outcomes) == len(wanted) - 1
    assert len(await published(database)) == 2


async def test_known_rates_learn_what_is_new(unseeded: Database) -> None:
    rates = KnownRates()
    async with unseeded.pool.acquire() as conn:
        with pytest.raises(NoRatesError):
            await rates.covering(conn, ())

        await publish(unseeded, a_rate())
        assert (await rates.covering(conn, {1})).rates == [a_rate()]

        await publish(unseeded, NEXT)
        assert (await rates.covering(conn, {1})).rates == [a_rate()]
        assert (await rates.covering(conn, {1, 2})).rates == [a_rate(), NEXT]
        assert (await rates.newest(conn)).rates == [a_rate(), NEXT]


async def payouts(database: Database, *arguments: str) -> tuple[int, str]:
    """Run `python -m payouts` as an operator would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "payouts",
        *arguments,
        env={
            "PAYOUTS_DATABASE_DSN": database.dsn,
            "PAYOUTS_KAFKA_SERVERS": "127.0.0.1:1",
            "PAYOUTS_HTTP_PORT": "1",
            "PAYOUTS_TOKEN_JWKS_URL": "file:///nowhere",
            "PAYOUTS_TOKEN_ISSUER": "nobody",
            "PAYOUTS_TOKEN_AUDIENCE": "nobody",
            "PAYOUTS_SANDBOX_BANK_URL": "http://127.0.0.1:1",
            "PAYOUTS_SANDBOX_BANK_API_KEY": "key",
            "PAYOUTS_DETAILS_KEYS": base64.b64encode(bytes(32)).decode(),
            "PAYOUTS_LINK_KEYS": base64.b64encode(bytes(32)).decode(),
            "PAYOUTS_PUBLIC_URL": "http://127.0.0.1:1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_seed_gives_a_new_system_the_default_rates_and_terms(unseeded: Database) -> None:
    """Half a diamond per purchased coin, half a cent per diamond; safe to repeat."""
    assert (await payouts(unseeded, "seed"))[0] == 0
    assert (await payouts(unseeded, "seed"))[0] == 0

    [rate] = await published(unseeded)
    assert rate.micro_diamonds_per_coin.purchased == 500_000
    assert (rate.diamond_worth.micro_minor, rate.diamond_worth.currency) == (500_000, "USD")
    async with transaction(unseeded.pool) as conn:
        *_, terms = await select_terms(conn)
    assert (terms.minimum_minor("US", "USD"), terms.minimum_minor("PA", "USD")) == (1_000, 5_000)


async def test_publish_rates_from_a_file(database: Database, tmp_path: Path) -> None:
    tomorrow = clock.now().replace(microsecond=0) + timedelta(days=1)
    wanted = [a_rate(), a_rate(2, tomorrow, purchased=400_000)]
    file = tmp_path / "rates.json"
    file.write_bytes(msgspec.json.encode(wanted))

    status, output = await payouts(database, "publish-rates", str(file))

    assert status == 0
    assert "1 of 2 rate versions published" in output
    assert await published(database) == wanted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"not json", "JSON is malformed"),
        (b'[{"version": 2}]', "missing required field"),
        (msgspec.json.encode([a_rate(2, NOW - timedelta(days=365))]), "at least 60 s from now"),
    ],
)
async def test_bad_file_publishes_nothing(
    database: Database, tmp_path: Path, text: bytes, reason: str
) -> None:
    file = tmp_path / "rates.json"
    file.write_bytes(text)

    status, output = await payouts(database, "publish-rates", str(file))

    assert status == 1
    assert reason in output
    assert await published(database) == [a_rate()]
